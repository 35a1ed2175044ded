"""Verdicts over HTTP: claims of many clients, verified together by one model over one corpus."""
