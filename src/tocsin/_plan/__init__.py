"""Reading rule files, in the order it happens: files, document, merge, schema, complaints, references, build.

``tocsin.plan`` puts these together. Nothing here knows of alerts; what comes out is ``_core.plan.Plan``.
"""
