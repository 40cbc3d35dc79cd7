"""Channels that are robots: their address says who they are, or a token does."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests._plan.written import plan_of, problems_of, told, write

from tocsin._core.secret import Secret
from tocsin.plan import check

APP = ("app_id", "app_secret", "chat", "encrypt_key", "verification_token")


@pytest.mark.parametrize(
    "channel",
    [
        "{type: dingtalk, url: 'https://oapi.dingtalk.com/robot/send?access_token=abc', secret: SECx}",
        "{type: dingtalk, token: abc}",
        "{type: dingtalk, token: abc, url: 'http://127.0.0.1:9/robot/send', timeout: 3s, proxy: direct}",
        "{type: wecom, url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc'}",
        "{type: wecom, key: abc, language: zh}",
        "{type: feishu, url: 'https://open.larksuite.com/open-apis/bot/v2/hook/abc', secret: x}",
        "{type: feishu, token: abc}",
        "{type: msteams, url: 'https://prod-1.westeurope.logic.azure.com/workflows/a?sig=b'}",
    ],
)
def test_whole_settings_are_a_channel(tmp_path: Path, channel: str) -> None:
    """By the whole address, or by its token alone; the settings of the type are the channel's."""
    made = plan_of(tmp_path, f"channels: {{robot: {channel}}}").channels["robot"]
    assert made.type in channel
    assert made.settings.keys() <= {"url", "token", "key", "secret", "timeout", *APP}


@pytest.mark.parametrize(
    ("channel", "message"),
    [
        ("{type: dingtalk}", "`robot` needs a `url` with the robot's `access_token` in it, or a `token`"),
        ("{type: dingtalk, url: 'https://oapi.dingtalk.com/robot/send'}", "`robot` needs a `url` with the robot's"),
        ("{type: dingtalk, url: 'https://x.example/send?access_token='}", "`robot` needs a `url` with the robot's"),
        ("{type: wecom, url: 'https://x.example/send?token=a'}", "`robot` needs a `url` with the robot's `key` in it"),
        (
            "{type: feishu, app_id: a}",
            "`robot` needs `app_id`, `app_secret` and `chat` together",
        ),
        (
            "{type: feishu, token: t, app_id: a, app_secret: s, chat: c}",
            "`robot` names an app, and a custom robot beside",
        ),
        ("{type: feishu, token: t, encrypt_key: k}", "`robot` is a custom robot, which has no callbacks"),
        ("{type: feishu, secret: x}", "`robot` needs a `url`, the robot's address, or a `token`"),
        ("{type: msteams}", "`url` is missing"),
        ("{type: msteams, url: 'https://x.example', secret: y}", "unknown key `secret`"),
    ],
)
def test_a_robot_that_nobody_could_find_is_an_error(tmp_path: Path, channel: str, message: str) -> None:
    """Told at its place, with the way out."""
    ((line, _, said),) = told(problems_of(tmp_path, f"channels:\n  robot: {channel}"))
    assert (line, said[: len(message)]) == (2, message)


def test_an_address_that_is_not_there_yet_is_told_once(tmp_path: Path) -> None:
    """Where rule files are checked the secrets may not be: that is a warning, and not a second one for the token."""
    problems, plan = check(write(tmp_path, "channels: {robot: {type: dingtalk, url: {env: ROBOT}}}"), {})
    assert plan is not None
    assert [problem.message for problem in problems] == ["the environment variable ROBOT is not set, or empty"]
    plan = plan_of(tmp_path, {}, ROBOT="https://oapi.dingtalk.com/robot/send?access_token=T0K3N")
    assert isinstance(plan.channels["robot"].settings["url"], Secret)
    assert "T0K3N" not in repr(plan)
    (problem,) = problems_of(tmp_path, {}, ROBOT="https://oapi.dingtalk.com/robot/T0K3N")
    assert "needs a `url`" in problem.message and "T0K3N" not in str(problem)


@pytest.mark.parametrize(
    ("channel", "what"),
    [
        ("{type: wecom, key: abc}", "`key`"),
        ("{type: feishu, token: abc}", "`token`"),
        ("{type: dingtalk, url: 'https://oapi.dingtalk.com/robot/send?access_token=abc'}", "an address that is"),
        ("{type: feishu, url: 'https://open.feishu.cn/open-apis/bot/v2/hook/abc'}", "an address that is"),
        ("{type: msteams, url: 'https://prod-1.westeurope.logic.azure.com/workflows/a?sig=b'}", "an address that is"),
    ],
)
def test_what_lets_anybody_speak_is_no_text_for_a_rule_file(tmp_path: Path, channel: str, what: str) -> None:
    """Each is a secret, and one that is written out is warned of; Feishu's address without its last part is none."""
    problems, _ = check(write(tmp_path, f"channels: {{robot: {channel}}}"), {})
    assert [problem.message[: len(what)] for problem in problems if problem.warning] == [what]
    url = "https://open.feishu.cn/open-apis/bot/v2/hook"
    common = f"channels: {{robot: {{type: feishu, url: '{url}', token: {{env: T}}}}}}"
    problems, _ = check(write(tmp_path, common), {"T": "x"})
    assert problems == []
