"""The nightly profile and one notebook of the workbench as an Airflow DAG.

`run` does what the profile says. `backlog` executes a shipped notebook with Airflow's own PapermillOperator: its report
lies where `output_nb` says, and is in no index of the workspace. Needs `apache-airflow-providers-papermill`, and the
workbench in the same environment.
"""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.papermill.operators.papermill import PapermillOperator
from airflow.providers.standard.operators.bash import BashOperator

from workbench.runs import find

WORKSPACE = "/srv/acme"
"""The workspace's folder."""
OUTPUT = "/srv/reports"
"""Where Airflow's own copies go."""

with DAG(
    "feedback_workbench",
    schedule="15 3 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=10)},
) as dag:
    run = BashOperator(
        task_id="run",
        # too little data is an answer
        bash_command=f"workbench run --profile nightly --workspace {WORKSPACE} || [ $? -eq 4 ]",
        execution_timeout=timedelta(hours=4),
    )
    backlog = PapermillOperator(
        task_id="backlog",
        input_nb=str(find("4_backlog")),
        output_nb=OUTPUT + "/4_backlog-{{ ds }}.ipynb",
        parameters={"workspace": WORKSPACE, "as_of": "{{ ts }}", "top_n": 10},
        kernel_name="python3",
    )
    run >> backlog
