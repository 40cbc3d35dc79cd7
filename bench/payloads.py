"""Alerts as a Prometheus posts them, made quickly: eight labels, two annotations, about 700 bytes each."""

from __future__ import annotations

from tocsin._core.times import MINUTE, Millis, format_time

_ALERT = (
    '{"labels":{"alertname":"%(alertname)s","instance":"10.%(high)d.%(low)d.7:9100","job":"node","namespace":"shop",'
    '"pod":"%(service)s-6f7d9c-%(number)d","prometheus_replica":"prometheus-0","service":"%(service)s",'
    '"severity":"critical"},"annotations":{"description":"The share of failed requests of %(service)s is over 5%% for '
    'more than ten minutes.","summary":"%(service)s fails"},"startsAt":"%(starts)s","endsAt":"%(ends)s",'
    '"generatorURL":"http://prometheus.example:9090/graph?g0.expr=sum%%28rate%%28http_requests_total%%29%%29&g0.tab=1"}'
)
SERVICES = 100


def alert(number: int, *, service: str, alertname: str, starts: str, ends: str) -> str:
    """One alert; ``number`` makes it another one."""
    return _ALERT % {
        "alertname": alertname,
        "high": number >> 8 & 255,
        "low": number & 255,
        "number": number,
        "service": service,
        "starts": starts,
        "ends": ends,
    }


def spread(number: int, *, starts: str, ends: str) -> str:
    """One of many alerts: of a hundred services and of fifty names."""
    service = f"service-{number % SERVICES}"
    return alert(number, service=service, alertname=f"Alert{number % 50}Down", starts=starts, ends=ends)


def ends_at(now: Millis) -> str:
    """The end that Prometheus gives to a firing alert: four of its intervals ahead, so it moves with each sending."""
    return format_time(now + 4 * MINUTE)


def request(alerts: list[str], *, port: int) -> bytes:
    """The POST of a list of alerts, head and body."""
    body = ("[" + ",".join(alerts) + "]").encode()
    head = (
        f"POST /api/v2/alerts HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
