"""Step 3: an alert and the plan → what the alert is. Decides only; does no I/O and asks no clock.

In: an ``Alert`` and ``now``. Out: a ``Classification``, or ``Dropped`` with the rule, environment or heartbeat that
said so. ``classifier`` tells the way in order; ``index`` makes it quick with many rules.
"""

from tocsin.classify.classifier import Classifier

__all__ = ["Classifier"]
