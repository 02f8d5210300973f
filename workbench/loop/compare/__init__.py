"""Two recorded result sets, compared case by case."""
