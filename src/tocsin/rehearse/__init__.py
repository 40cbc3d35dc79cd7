"""The plan's own tests, tried on the plan. Pure: no store, no clock, no I/O."""

from tocsin.rehearse.report import junit as junit
from tocsin.rehearse.result import Mismatch as Mismatch
from tocsin.rehearse.result import Result as Result
from tocsin.rehearse.run import rehearse as rehearse
