"""Tables as others scrape them: names, types, units and labels of Prometheus and OpenMetrics, from the declaration."""

from gobs_core.exposition.naming import Families, Family
from gobs_core.exposition.text import Exposition, Form, form_of, label_text

__all__ = ["Exposition", "Families", "Family", "Form", "form_of", "label_text"]
