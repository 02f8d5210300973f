"""Adapters: what makes an arm of code, a program, a server or a model."""
