"""Why an alert is what it is, and who would be told: the whole decision about one alert, in words and values."""

from tocsin.explain.explanation import Explanation as Explanation
from tocsin.explain.explanation import item_of as item_of
from tocsin.explain.keep import Keeper as Keeper
from tocsin.explain.why import explain as explain
