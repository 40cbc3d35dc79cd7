"""A rule's title and links, filled in from the alert."""

from __future__ import annotations

from pathlib import Path

from tests._plan.written import plan_of

from tocsin._core.model import Alert, Classification, Text
from tocsin.classify import Classifier

SERVICES = "services: {pay: {match: ['namespace=\"pay\"']}}\n"


def decided(directory: Path, rule: str, **labels: str) -> Classification:
    """What a plan with this one rule says of an alert."""
    classifier = Classifier(plan_of(directory, f"{SERVICES}rules: [{{name: r, class: hw_sw_fault, {rule}}}]"))
    return classified(classifier, **labels)


def classified(classifier: Classifier, **labels: str) -> Classification:
    """What the classifier says of an alert."""
    found = classifier.classify(Alert(source="prometheus", labels=labels, firing=True, received_at=0), 0)
    assert isinstance(found, Classification)
    return found


def test_a_title_shows_labels_and_the_plans_words(tmp_path: Path) -> None:
    """Each language by its own pattern; a label on one line and cut."""
    rule = "title: {en: 'Disk of {node} ({service})', zh: '{service} 磁盘'}"
    found = decided(tmp_path, rule, node="a\n\x1b[31mb" + "c" * 200, namespace="pay")
    assert found.title.zh == "pay 磁盘"
    assert found.title.en.startswith("Disk of a [31mbccc") and found.title.en.endswith("c… (pay)")


def test_a_title_with_a_label_has_one_without_beside_it(tmp_path: Path) -> None:
    """For groups that see no labels; a title of the plan's words alone needs none."""
    rule = "title: 'Disk of {node}'"
    assert decided(tmp_path, rule, node="a", namespace="pay").plain_title == Text(
        "Hardware or software fault: pay", "软硬件故障：pay"
    )
    assert decided(tmp_path, "title: 'Disk of {service}'", namespace="pay").plain_title is None


def test_a_title_of_which_nothing_is_left_is_the_classs(tmp_path: Path) -> None:
    """An incident always has a title."""
    assert decided(tmp_path, "title: '{node}'", namespace="pay").title.en == "Hardware or software fault: pay"


def test_values_with_braces_are_data(tmp_path: Path) -> None:
    """A label that looks like a pattern is shown as it is."""
    found = decided(tmp_path, "title: '{a}', links: {x: 'https://w.example/{a}'}", a="{namespace}", namespace="pay")
    assert found.title.en == "{namespace}"
    assert found.links == {"x": "https://w.example/%7Bnamespace%7D"}


def test_links_keep_values_in_their_place(tmp_path: Path) -> None:
    """Whatever a label holds, it adds no part to the address; too long a link is left out."""
    rule = "links: {x: 'https://w.example/{a}?q={b}#top', y: 'https://w.example/'}"
    found = decided(tmp_path, rule, a="../x?y#z@evil.example:80\\", b="磁 盘&c=1\ud800")
    assert found.links == {
        "x": "https://w.example/..%2Fx%3Fy%23z%40evil.example%3A80%5C?q=%E7%A3%81%20%E7%9B%98%26c%3D1%3F#top",
        "y": "https://w.example/",
    }
    assert decided(tmp_path, rule, a="a" * 2000).links == {"y": "https://w.example/"}


def test_the_first_rule_to_set_links_stands(tmp_path: Path) -> None:
    """As with every other field that rules set."""
    plan = plan_of(
        tmp_path,
        "rules:\n  - {name: a, links: {x: 'https://one.example/'}, continue: true}\n"
        "  - {name: b, class: other, links: {y: 'https://two.example/'}}\n",
    )
    assert classified(Classifier(plan), alertname="A").links == {"x": "https://one.example/"}


def test_alerts_that_differ_in_a_named_label_are_told_apart(tmp_path: Path) -> None:
    """What is remembered of one alert is never shown for another."""
    plan = plan_of(
        tmp_path,
        f"{SERVICES}rules: [{{name: r, class: other, title: '{{pod}}', links: {{x: 'https://w.example/{{labels.zone}}'}}}}]",
    )
    classifier = Classifier(plan)
    seen = [
        classified(classifier, alertname="A", namespace="pay", pod=pod, zone=zone)
        for pod, zone in (("p1", "z1"), ("p2", "z1"), ("p1", "z2"))
    ]
    assert [(each.title.en, each.links["x"][-2:]) for each in seen] == [("p1", "z1"), ("p2", "z1"), ("p1", "z2")]
