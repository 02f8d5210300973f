"""What the users of Phoenix and MLflow would run: sending spans over OTLP, and asking for the error rate by tool.

Run by `peers.py` with the interpreters of those projects' own environments: nothing of the workbench is imported, and
their packages are looked up by name, so that the workbench's environment need not have them. Each command prints one
JSON object, with the CPU seconds of its process after all imports.

Usage::

    PYTHON peer_clients.py send URL FILE [HEADER=VALUE]     # OTLP/JSON lines, sent as protobuf, 512 spans a request
    PYTHON peer_clients.py phoenix-table URL PROJECT N      # all spans as a data frame, then pandas
    PYTHON peer_clients.py phoenix-query URL PROJECT N      # the tool spans alone, two columns
    PYTHON peer_clients.py mlflow-traces URL EXPERIMENT_ID N  # all traces with their spans
"""

import base64
import importlib
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from typing import Any

TOOL = "attributes.tool.name"
"""Phoenix writes OpenInference's names beside those of OpenTelemetry."""
RETRIED = {429, 502, 503, 504}
"""What OpenTelemetry's exporters try again."""
LONGEST_PAUSE_S = 5.0


def main() -> None:
    """Run the command that the arguments name."""
    command, *arguments = sys.argv[1:]
    run: dict[str, Callable[..., dict[str, Any]]]
    run = {"send": send, "phoenix-table": phoenix_table, "phoenix-query": phoenix_query, "mlflow-traces": mlflow_traces}
    print(json.dumps(run[command](*arguments)))  # noqa: T201


def send(url: str, path: str, *headers: str) -> dict[str, Any]:
    """Send each line of OTLP/JSON as one protobuf request, as the exporter of the OpenTelemetry SDK does."""
    service = importlib.import_module("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    parse = importlib.import_module("google.protobuf.json_format").ParseDict
    named = dict(header.split("=", 1) for header in headers) | {"Content-Type": "application/x-protobuf"}
    n_retries = 0
    with open(path, "rb") as lines:
        for line in lines:
            request = parse(_with_base64_ids(json.loads(line)), service.ExportTraceServiceRequest())
            n_retries += _post(url, request.SerializeToString(), named)
    return {"retries": n_retries}


def _with_base64_ids(export: dict[str, Any]) -> dict[str, Any]:
    """Return the export with ids as protobuf's own JSON has them."""
    for group in export["resourceSpans"]:
        for scope in group["scopeSpans"]:
            for span in scope["spans"]:
                for name in ("traceId", "spanId", "parentSpanId"):
                    span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    return export


def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send one request, again as long as the server asks for it; return how often it had to be sent again."""
    pause, n_retries = 0.5, 0
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=300) as answer:
                answer.read()
            return n_retries
        except urllib.error.HTTPError as error:
            if error.code not in RETRIED:
                raise
        time.sleep(pause)
        pause, n_retries = min(2 * pause, LONGEST_PAUSE_S), n_retries + 1


def phoenix_table(url: str, project: str, n_spans: str) -> dict[str, Any]:
    """Answer with the data frame of all spans, the first thing that Phoenix's documentation shows."""
    client = importlib.import_module("phoenix.client").Client(base_url=url)
    importlib.import_module("pandas")
    before = _cpu_s()
    spans = client.spans.get_spans_dataframe(project_identifier=project, limit=int(n_spans), timeout=600)
    tools = spans[spans[TOOL].notna()]
    rates = (tools["status_code"] == "ERROR").groupby(tools[TOOL]).mean()
    return {"cpu_s": _cpu_s() - before, "rates": rates.to_dict(), "n": len(tools)}


def phoenix_query(url: str, project: str, n_spans: str) -> dict[str, Any]:
    """Answer with a query that picks the tool spans and the two columns on the server."""
    query = importlib.import_module("phoenix.client.types.spans").SpanQuery()
    client = importlib.import_module("phoenix.client").Client(base_url=url)
    importlib.import_module("pandas")
    before = _cpu_s()
    wanted = query.where("span_kind == 'TOOL'").select("tool.name", "status_code")
    tools = client.spans.get_spans_dataframe(query=wanted, project_identifier=project, limit=int(n_spans), timeout=600)
    rates = (tools["status_code"] == "ERROR").groupby(tools["tool.name"]).mean()
    return {"cpu_s": _cpu_s() - before, "rates": rates.to_dict(), "n": len(tools)}


def mlflow_traces(url: str, experiment_id: str, n_spans: str) -> dict[str, Any]:
    """Answer with all traces and their spans: MLflow's client searches for traces, not for spans."""
    mlflow = importlib.import_module("mlflow")
    mlflow.set_tracking_uri(url)
    before = _cpu_s()
    traces = mlflow.search_traces(locations=[experiment_id], max_results=int(n_spans), return_type="list")
    n_calls: Counter[str] = Counter()
    n_errors: Counter[str] = Counter()
    for trace in traces:
        for span in trace.data.spans:
            if tool := span.get_attribute("gen_ai.tool.name"):
                n_calls[tool] += 1
                n_errors[tool] += span.status.status_code.value == "ERROR"
    rates = {tool: n_errors[tool] / n for tool, n in n_calls.items()}
    return {"cpu_s": _cpu_s() - before, "rates": rates, "n": n_calls.total()}


def _cpu_s() -> float:
    return sum(os.times()[:4])


if __name__ == "__main__":
    main()
