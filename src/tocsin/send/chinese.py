"""The notices' Chinese."""

from __future__ import annotations

from tocsin.send.words import Words

CHINESE = Words(
    titled="{marks}{title}",
    bracket="【{}】",
    comma="、",
    more="{listed}等,另有 {count} 项",
    drill="演练", digest="{count} 条通知,涉及 {incidents} 个事件",
    units=("天", "小时", "分", "不足 1 分"),
    within="{text}({within})",
    tiers={"high": "高", "medium": "中", "low": "低"},
    states={
        "open": "待确认", "acknowledged": "已确认", "contained": "已控制", "restored": "已恢复", "closed": "已关闭",
    },
    signals={"firing": "告警中", "cleared": "告警已停"},
    impacts={"wide": "大范围(众多客户)", "partial": "部分(部分客户)", "narrow": "局部(内部或少数客户)"},
    groups={
        "command": "指挥小组", "technical": "技术救援组", "business": "业务协调组", "legal": "法务合规组",
        "data": "数据与信息管理组", "vendor": "外包方/合作方",
    },
    missing={"approver": "审批人", "rollback_plan": "回滚方案", "assessment": "影响评估"},
    actions={
        "acknowledge": "确认收到", "assign": "指定负责人", "contain": "标记为已控制", "update": "通报进展",
        "note": "添加记录", "snooze": "暂停提醒", "raise": "升级", "lower": "降级", "reclassify": "更改类别",
        "add_service": "增加涉及服务", "change": "登记变更", "restore": "标记为已恢复",
        "still_broken": "标记为仍未恢复", "close": "关闭事件", "false_alarm": "判定为误报", "merge": "并入其他事件",
        "reopen": "重新打开",
        "vendor_acknowledge": "登记外包方/合作方的答复",
    },
    links={"respond": "回应", "incident": "事件", "dashboard": "看板", "runbook": "处置手册"},
    asks={"acknowledge": "确认已收到", "update": "说明进展", "restore": "确认服务是否已恢复"},
    test="【测试】通道 {channel}",
    channel_down="【通道故障】{channel}",
    channel_down_says="该通道不再接收通知。有备用通道的改由备用通道发送，其余的在等待。最近一次错误：",
    channel_up="【通道恢复】{channel} 已恢复接收通知",
    test_says="这是一条测试消息：该通道工作正常。没有发生任何事件，无需处理。",
)  # fmt: skip
