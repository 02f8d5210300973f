"""What loaders share: strict JSON, pieces of a document, fields and what is left of them, times, and chats."""
