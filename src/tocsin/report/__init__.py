"""An incident's record → a report that people read: the draft of a post-incident review, in Markdown.

Pure, but for ``route``.
"""
