"""A small client of the Debug Adapter Protocol: it asks debugpy's adapter for what VS Code asks it for.

    with Client() as client:
        client.launch({"program": "train.py"}, {"engine.py": [{"line": 80}]})
        client.stopped()                 the frames, innermost first
        client.variables(frame)          {"node": "z²₁ = …", …}
"""

import json
import queue
import subprocess
import sys
import threading
from collections import deque

from tests.processes import PATIENCE


class Client:
    def __init__(self):
        self.adapter = subprocess.Popen([sys.executable, "-m", "debugpy.adapter"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.inbox = queue.Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.sent = 0
        self.responses, self.events, self.output = {}, deque(), ""
        self.thread = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        try:
            self.call("disconnect", terminateDebuggee=True)
        except (OSError, AssertionError):
            pass  # it had ended by itself
        finally:
            self.adapter.stdin.close()
            try:
                self.adapter.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.adapter.kill()
                self.adapter.wait()
            self.reader.join(PATIENCE)
            self.adapter.stdout.close()

    # Messages: headers with a Content-Length, an empty line, JSON.

    def read(self):
        while header := self.adapter.stdout.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                header = self.adapter.stdout.readline()
            self.inbox.put(json.loads(self.adapter.stdout.read(length)))
        self.inbox.put(None)

    def send(self, command, arguments):
        self.sent += 1
        message = {"seq": self.sent, "type": "request", "command": command, "arguments": arguments}
        text = json.dumps(message).encode()
        self.adapter.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(text), text))
        self.adapter.stdin.flush()
        return self.sent

    def receive(self):
        message = self.inbox.get(timeout=PATIENCE)
        assert message is not None, "the adapter has ended"
        if message["type"] == "response":
            self.responses[message["request_seq"]] = message
        elif message["event"] == "output":
            self.output += message["body"]["output"] if message["body"].get("category") != "telemetry" else ""
        else:
            self.events.append(message)

    def response(self, sent):
        while sent not in self.responses:
            self.receive()
        message = self.responses.pop(sent)
        assert message["success"], message
        return message.get("body", {})

    def call(self, command, **arguments):
        return self.response(self.send(command, arguments))

    def event(self, *names):
        """The next event of one of these names; those before it are dropped."""
        while True:
            while not self.events:
                self.receive()
            message = self.events.popleft()
            if message["event"] in names:
                return message

    # What a person does in VS Code.

    def launch(self, configuration, breakpoints):
        """Run the program with breakpoints {path: [{"line": …, "condition": …}]}; they must all be set."""
        self.call("initialize", clientID="vscode", adapterID="debugpy", linesStartAt1=True, columnsStartAt1=True,
                  pathFormat="path", supportsVariableType=True)
        launched = self.send("launch", {"type": "debugpy", "request": "launch", **configuration})
        self.event("initialized")
        for path, places in breakpoints.items():
            found = self.call("setBreakpoints", source={"path": str(path)}, breakpoints=places)
            assert all(place["verified"] for place in found["breakpoints"]), found
        self.call("setExceptionBreakpoints", filters=["uncaught"])
        self.call("configurationDone")
        self.response(launched)

    def stopped(self):
        """The frames where the program has stopped, innermost first; None if it has ended instead."""
        message = self.event("stopped", "terminated")
        if message["event"] == "terminated":
            return None
        self.thread = message["body"]["threadId"]
        return self.call("stackTrace", threadId=self.thread, startFrame=0, levels=20)["stackFrames"]

    def go(self, how):
        """continue, next, stepIn or stepOut, to where it stops then."""
        self.call(how, threadId=self.thread)
        return self.stopped()

    def variables(self, frame):
        """The local variables of a frame, as the variable pane shows them."""
        scopes = self.call("scopes", frameId=frame["id"])["scopes"]
        (local,) = [scope for scope in scopes if scope["name"] == "Locals"]
        found = self.call("variables", variablesReference=local["variablesReference"])["variables"]
        return {variable["name"]: variable["value"] for variable in found}

    def children(self, name, frame):
        """What is seen when a local variable is opened: names and values; and the reference of the variable."""
        scopes = self.call("scopes", frameId=frame["id"])["scopes"]
        (local,) = [scope for scope in scopes if scope["name"] == "Locals"]
        found = self.call("variables", variablesReference=local["variablesReference"])["variables"]
        (opened,) = [variable["variablesReference"] for variable in found if variable["name"] == name]
        inside = self.call("variables", variablesReference=opened)["variables"]
        return {variable["name"]: variable["value"] for variable in inside}, opened

    def evaluate(self, expression, frame):
        return self.call("evaluate", expression=expression, frameId=frame["id"], context="repl")["result"]
