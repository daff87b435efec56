"""The local model's process with a wheel of another version than the one whose llama.h is known."""

from __future__ import annotations

from jupyter_mccom.engines.local import llama_h, llamacpp

if __name__ == "__main__":
    llama_h.VERSION = "2026.1.1"
    llamacpp.main()
