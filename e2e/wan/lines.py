"""Network namespaces that are joined by lines of a given rate, delay, queue and loss: an internet in a box.

    python3 lines.py run      reads orders from stdin and answers on stdout, a line of JSON each; ends at the end of stdin
    python3 lines.py check    makes one namespace with its device, removes both, and says what went wrong

First order: {"lines": {NAME: {"address", "up", "down" (bit/s), "delay" (s, one way), "queue" (s), "loss" (share)}}}; further ones of the same
shape change lines. {"do": "figures"} asks for bytes by name, {"do": "pings", "name"} for the round trips of that line since it was asked last.
A packet waits in the queue of its sender's line, travels to the middle, waits in the queue of its receiver's line, and travels on. A queue that
would hold it for longer than `queue` drops it. All queues are first in, first out, so each is a deque; only the packets that reach the middle
within one tick are sorted.
"""
import ctypes, fcntl, gc, json, os, random, re, select, signal, struct, subprocess, sys, time
from collections import deque

PREFIX, SPACES = "hoard-", "/run/netns"
DEVICE, NETWORK_BITS, MTU, DEVICE_QUEUE = "wan0", 16, 1500, 2000
# All devices are read once per tick: waking up for every packet would cost more than carrying it.
TICK_S = 0.001
MOST_PER_LOOK = 256
LEAST_RATE = 1.0
PING_EVERY_S, PING_BYTES = 0.1, 92
CLONE_NEWNET, TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x40000000, 0x400454CA, 0x0001, 0x1000
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
libc = ctypes.CDLL(None, use_errno=True)


class Line:
    def __init__(self, name, address):
        self.space, self.address = f"{PREFIX}{os.getpid()}-{name}", address
        self.sent = self.got = self.dropped = 0
        # *_free: time at which the last queued bit has left. Queue entries: (time, bytes, packet, receiver); a float as packet is
        # a ping sent at that time.
        self.up_free = self.down_free = 0.0
        self.rising, self.falling = deque(), deque()
        self.delay, self.byte_up, self.byte_down = 0.0, 1.0, 1.0
        self.pings, self.ping_at = None, 0.0

    def tune(self, spec, now):
        delay, byte_up, byte_down = spec["delay"], 8 / max(spec["up"], LEAST_RATE), 8 / max(spec["down"], LEAST_RATE)
        self.rising, self.up_free = self.anew(self.rising, self.up_free, now, delay, byte_up / self.byte_up)
        self.falling, self.down_free = self.anew(self.falling, self.down_free, now, delay, byte_down / self.byte_down)
        self.delay, self.byte_up, self.byte_down, self.queue, self.loss = delay, byte_up, byte_down, spec["queue"], spec["loss"]

    def anew(self, waiting, free, now, delay, slower):
        """Waiting packets leave at the new rate from now on: without this a stalled line would keep the times that it computed while
        it stalled."""
        at = lambda when: now + (when - now) * slower if when > now else when
        return deque((at(when - self.delay) + delay, *rest) for when, *rest in waiting), at(free)

    def send(self, now, packet, size, receiver):
        begin = self.up_free if self.up_free > now else now
        if begin - now > self.queue or (self.loss and random.random() < self.loss):
            self.dropped += size
            return
        self.up_free = begin + size * self.byte_up
        self.sent += size
        self.rising.append((self.up_free + self.delay, size, packet, receiver))

    def receive(self, when, packet, size):
        begin = self.down_free if self.down_free > when else when
        if begin - when > self.queue or (self.loss and random.random() < self.loss):
            self.dropped += size
            return
        self.down_free = begin + size * self.byte_down
        self.falling.append((self.down_free + self.delay, size, packet))

    def deliver(self, now):
        falling, device = self.falling, self.device
        while falling and falling[0][0] <= now:
            when, size, packet = falling.popleft()
            if type(packet) is float:
                self.pings.append((when - packet) * 1000)
                continue
            self.got += size
            try:
                os.write(device, packet)
            except OSError:
                self.dropped += size


def enter(space):
    with open(space) as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"{space}: {os.strerror(ctypes.get_errno())}")


def open_device(line):
    """Returns the TUN device of a new namespace: one packet per read and write."""
    subprocess.run(["ip", "netns", "add", line.space], check=True)
    enter(f"{SPACES}/{line.space}")
    try:
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
        # Packets to any other address take the device too, and the box drops them: nothing in it reaches the world.
        orders = ["link set lo up", f"link set {DEVICE} mtu {MTU} txqueuelen {DEVICE_QUEUE} up",
                  f"addr add {line.address}/{NETWORK_BITS} dev {DEVICE}", f"route add default dev {DEVICE}"]
        subprocess.run(["ip", "-batch", "-"], input="\n".join(orders).encode(), check=True)
    finally:
        enter(f"/proc/self/fd/{HOME}")
    return device


def remove(spaces):
    """Kills the programs in these namespaces and removes the namespaces."""
    for space in spaces:
        for _ in range(2):
            said = subprocess.run(["ip", "netns", "pids", space], capture_output=True).stdout
            for pid in map(int, said.split()):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        subprocess.run(["ip", "netns", "del", space], stderr=subprocess.DEVNULL)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as command:
            return b"lines.py" in command.read()
    except OSError:
        return False


def remove_leftovers():
    owned = [(re.match(PREFIX + r"(\d+)-", name), name) for name in (os.listdir(SPACES) if os.path.isdir(SPACES) else [])]
    remove([name for owner, name in owned if owner and not is_running(owner[1])])


def carry(lines, by_address, control):
    poll, by_device, now_is, read = select.epoll(), {}, time.monotonic, os.read
    for line in lines.values():
        by_device[line.device] = line
        poll.register(line.device, select.EPOLLIN)
    poll.register(0, select.EPOLLIN)
    everybody, pinging, due = list(by_device.values()), [], 0.0
    while True:
        ready = poll.poll(max(0.0, due - now_is()))
        now = now_is()
        for device, _ in ready:
            line = by_device.get(device)
            if line is None:
                if not control(now):
                    return
                pinging = [each for each in everybody if each.pings is not None]
                continue
            for _ in range(MOST_PER_LOOK):
                try:
                    packet = read(device, MTU)
                except BlockingIOError:
                    break
                receiver = by_address.get(packet[16:20])
                # Router solicitations (IPv6) and packets to the world have no receiver.
                if receiver is not None and packet[0] >> 4 == 4:
                    line.send(now, packet, len(packet), receiver)
        for line in pinging:
            if now >= line.ping_at:
                line.ping_at = now + PING_EVERY_S
                line.send(now, now, PING_BYTES, line)
        met = []
        for line in everybody:
            rising = line.rising
            while rising and rising[0][0] <= now:
                met.append(rising.popleft())
        if len(met) > 1:
            met.sort(key=lambda each: each[0])
        for when, size, packet, receiver in met:
            receiver.receive(when, packet, size)
        due = now + 1.0
        for line in everybody:
            line.deliver(now)
            if line.rising and line.rising[0][0] < due:
                due = line.rising[0][0]
            if line.falling and line.falling[0][0] < due:
                due = line.falling[0][0]
        for line in pinging:
            due = min(due, line.ping_at)
        time.sleep(TICK_S)


def run():
    lines, by_address, unread = {}, {}, [b""]

    def say(answer):
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()

    def obey(order, now):
        for name, spec in order.get("lines", {}).items():
            lines[name].tune(spec, now)
        if order.get("do") == "figures":
            return {name: {"sentBytes": line.sent, "gotBytes": line.got, "droppedBytes": line.dropped} for name, line in lines.items()}
        if order.get("do") == "pings":
            line = lines[order["name"]]
            since, line.pings = line.pings, []
            return since or []
        return "done"

    def control(now):
        """Obeys what has come; false at the end."""
        heard = os.read(0, 65536)
        *orders, unread[0] = (unread[0] + heard).split(b"\n")
        for order in orders:
            say(obey(json.loads(order), now))
        return heard != b""

    remove_leftovers()
    first = json.loads(sys.stdin.buffer.raw.readline())
    try:
        for name, spec in first["lines"].items():
            line = lines[name] = Line(name, spec["address"])
            line.device = open_device(line)
            line.tune(spec, 0.0)
            by_address[bytes(map(int, line.address.split(".")))] = line
        say({name: line.space for name, line in lines.items()})
        # The wire must not wait for the programs that use it, so it runs first. The loop makes no reference cycles, so no
        # collector is needed.
        os.setpriority(os.PRIO_PROCESS, 0, -15)
        gc.disable()
        carry(lines, by_address, control)
    finally:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        remove([line.space for line in lines.values()])


def check():
    line = Line("check", "10.9.255.1")
    try:
        os.close(open_device(line))
    finally:
        remove([line.space])


HOME = os.open("/proc/self/ns/net", os.O_RDONLY)
for each in SIGNALS:
    signal.signal(each, lambda *_: sys.exit(0))
{"run": run, "check": check}[sys.argv[1]]()
