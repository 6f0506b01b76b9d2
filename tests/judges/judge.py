"""Slack's own Python SDK as judge: it signs requests that the bot must take, alters them so that the bot must not,
validates every block the bot posts, and moves files through the sandbox as it would through Slack. Usage: judge.py SANDBOX_BINARY"""

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from slack_sdk import WebClient
from slack_sdk.models.blocks import Block, InputBlock, PlainTextInputElement
from slack_sdk.models.blocks.block_elements import FileInputElement
from slack_sdk.models.views import View
from slack_sdk.signature import SignatureVerifier

SIGNER = SignatureVerifier("sandbox-signing-secret")
PASSED = []


def post(url, body, headers=None):
    data = body if isinstance(body, bytes) else body.encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    request = urllib.request.Request(url, data=data, headers={**kind, **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def control(sandbox, path, body=None):
    if body is None:
        with urllib.request.urlopen(f"{sandbox}/control/{path}", timeout=30) as answer:
            return json.load(answer)
    return json.loads(post(f"{sandbox}/control/{path}", json.dumps(body), {"Content-Type": "application/json"})[1])


def signed(body, at=None):
    stamp = str(int(at or time.time()))
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": SIGNER.generate_signature(timestamp=stamp, body=body),
    }


def expect(said, condition, detail=""):
    if not condition:
        sys.exit(f"judge: {said}: {detail}")
    PASSED.append(said)


def command(sandbox, text, trigger):
    return urllib.parse.urlencode({
        "command": "/ckan", "text": text, "user_id": "U0ALICE", "team_id": "T0001", "api_app_id": "A0001",
        "channel_id": "C0001", "trigger_id": trigger, "response_url": f"{sandbox}/respond/of-the-judge",
    })


def click(card, user, button, trigger):
    value = next(e["value"] for b in card["blocks"] if b["type"] == "actions"
                 for e in b["elements"] if e["action_id"] == button)
    return urllib.parse.urlencode({"payload": json.dumps({
        "type": "block_actions", "api_app_id": "A0001", "trigger_id": trigger,
        "team": {"id": "T0001"}, "user": {"id": user, "team_id": "T0001"}, "channel": {"id": card["channel"]},
        "container": {"type": "message", "message_ts": card["ts"], "channel_id": card["channel"]},
        "message": {"ts": card["ts"]}, "actions": [{"type": "button", "action_id": button, "value": value}],
    })})


def wait_for(sandbox, said, found):
    end = time.time() + 30
    version = 0
    while time.time() < end:
        state = control(sandbox, f"state?user=U0BOB&since={version}&wait_ms=1000")
        version = state["version"]
        for message in state["messages"]:
            if message.get("bot") and found(message):
                return message
    sys.exit(f"judge: {said} did not come")


def validate_everything(sandbox):
    seen = 0
    for user in ("U0ALICE", "U0BOB"):
        state = control(sandbox, f"state?user={user}&since=0")
        for message in state["messages"]:
            for block in Block.parse_all(message.get("blocks") or []):
                block.validate_json()
                seen += 1
        for modal in state["modals"]:
            view = {key: modal["view"][key] for key in
                    ("type", "title", "blocks", "submit", "close", "callback_id", "private_metadata") if key in modal["view"]}
            View(**view).validate_json()
            seen += 1
    return seen


def story(sandbox, bot):
    door = f"{bot}/slack/commands"
    body = command(sandbox, 'withdraw road-accidents-2019 --reason "Publisher asked" --ticket 51234', "judge.1")
    status, answer = post(door, body, signed(body))
    expect("a request signed by the SDK is taken", status == 200, answer)
    status, _ = post(door, body, signed(body + "&x=1"))
    expect("one with another body's signature is not", status == 401, status)
    status, _ = post(door, body, signed(body, time.time() - 301))
    expect("one older than five minutes is not", status == 401, status)
    status, _ = post(door, body)
    expect("one without a signature is not", status == 401, status)

    card = wait_for(sandbox, "the card", lambda m: not m.get("thread_ts") and "road-accidents-2019" in m["text"])
    own = click(card, "U0ALICE", "approve", "judge.2")
    expect("the requester's own click is taken, to be refused", post(f"{bot}/slack/interactions", own, signed(own))[0] == 200)
    other = click(card, "U0BOB", "approve", "judge.3")
    expect("another engineer's click is taken", post(f"{bot}/slack/interactions", other, signed(other))[0] == 200)
    done = wait_for(sandbox, "the outcome", lambda m: m.get("thread_ts") == card["ts"] and "Done and verified" in m["text"])
    expect("the outcome offers the way back", "undo" in json.dumps(done["blocks"]))

    control(sandbox, "command", {"user": "U0ALICE", "channel": "C0001", "text": "/ckan withdraw road-accidents-2018"})
    control(sandbox, "command", {"user": "U0ALICE", "channel": "C0001", "text": "/ckan help"})
    control(sandbox, "command", {"user": "U0ALICE", "channel": "C0001", "text": "/ckan show road-accidents-2018"})
    end = time.time() + 15
    while time.time() < end:
        state = control(sandbox, "state?user=U0ALICE&since=0")
        if state["modals"] and any("Road Safety Data 2018" in m["text"] for m in state["messages"]):
            break
        time.sleep(0.1)
    expect("a form is open", bool(state["modals"]))
    count = validate_everything(sandbox)
    expect("every block and view passes the SDK's validation", count >= 10, count)
    move_files(sandbox, card, state["modals"][-1])


def move_files(sandbox, card, modal):
    slack = WebClient(token="xoxb-sandbox-0001", base_url=f"{sandbox}/api/")
    form = View(
        type="modal", title="Which datasets?", submit="Ask", callback_id="ask_list",
        blocks=[
            InputBlock(block_id="list", label="Datasets", optional=True,
                       element=PlainTextInputElement(action_id="list", multiline=True, max_length=3000)),
            InputBlock(block_id="file", label="Or a file", optional=True,
                       element=FileInputElement(action_id="file", filetypes=["txt", "csv"], max_files=1)),
        ])
    form.validate_json()
    updated = slack.views_update(view_id=modal["view_id"], view=form)
    expect("the sandbox takes a file input as the SDK makes one", updated["ok"])

    sent = slack.files_upload_v2(filename="results.csv", title="All results", content="name,result\r\nroads,withdrawn\r\n",
                                 channel=card["channel"], thread_ts=card["ts"], initial_comment="Two lines")
    shared = wait_for(sandbox, "the uploaded file", lambda m: m.get("files") and m.get("thread_ts") == card["ts"])
    expect("a file that the SDK uploads stands in its thread", shared["files"][0]["id"] == sent["files"][0]["id"], shared)
    address = slack.files_info(file=sent["files"][0]["id"])["file"]["url_private_download"]
    request = urllib.request.Request(address, headers={"Authorization": "Bearer xoxb-sandbox-0001"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        expect("and is read with the token as it was sent", answer.read() == b"name,result\r\nroads,withdrawn\r\n")


def main():
    process = subprocess.Popen([sys.argv[1], "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        sandbox = bot = None
        for line in process.stdout:
            if found := re.search(r"open at\s+(http://\S+)", line):
                sandbox = found[1]
            if found := re.search(r"The bot: (http://\S+)", line):
                bot = found[1]
                break
        if not (sandbox and bot):
            sys.exit("judge: the sandbox did not say where it is")
        story(sandbox, bot)
    finally:
        process.terminate()
    for said in PASSED:
        print(f"ok: {said}")
    print(f"{len(PASSED)} passed, 0 failed")


main()
