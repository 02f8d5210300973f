"""A user is erased: what is stored of them, and what is left of them in clusters, reviews, texts and drafts."""
