"""Single variants: asked by program or typed into a page, answered at once."""
