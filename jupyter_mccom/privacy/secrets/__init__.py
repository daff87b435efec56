from .document_spans import forget, spans
from .masking import PLACEHOLDER, Masking

__all__ = ["PLACEHOLDER", "Masking", "forget", "spans"]
