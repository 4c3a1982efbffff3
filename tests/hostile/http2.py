"""HTTP/2 with every frame in the hands of the attack."""

import selectors
import time

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

import http1


class Stream:
    """What has come on a stream."""

    def __init__(self):
        self.status, self.headers, self.trailers, self.data = None, {}, {}, b""
        self.ended, self.reset = False, None

    @property
    def over(self):
        return self.ended or self.reset is not None

    def answer(self):
        return http1.Answer(self.status, self.headers, self.data, len(self.data), self.trailers)


class Http2:
    """A connection. Without `reads`, windows stay as small as `window` makes them."""

    def __init__(self, addr, window=None, reads=True, receive_buffer=None):
        self.addr, self.reads = addr, reads
        self.plug = http1.connect(addr, receive_buffer=receive_buffer)
        config = h2.config.H2Configuration(
            header_encoding="latin-1", validate_outbound_headers=False, normalize_outbound_headers=False
        )
        self.connection = h2.connection.H2Connection(config)
        self.streams, self.goaway, self.closed = {}, None, False
        self.pings, self.settings = 0, 0
        self.connection.initiate_connection()
        if window is not None:
            self.connection.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
        if window is None and reads:
            self.connection.increment_flow_control_window((1 << 30))
        self.flush()

    def flush(self):
        data = self.connection.data_to_send()
        if data and not self.closed:
            try:
                self.plug.sendall(data)
            except ConnectionError:
                self.closed = True

    def raw(self, data):
        self.flush()
        self.plug.sendall(data)

    def open(self, path, headers, verb="POST", end=False, authority=None):
        """Sends the head of a request; the number of its stream."""
        number = self.connection.get_next_available_stream_id()
        sent = {":method": verb, ":scheme": "http", ":authority": authority or self.addr, ":path": path} | headers
        self.streams[number] = Stream()
        self.connection.send_headers(number, list(sent.items()), end_stream=end)
        self.flush()
        return number

    def send(self, number, data, end=False, patience=http1.PATIENCE):
        """Sends within the windows. False if the stream was over or the windows shut before all was sent."""
        stop, view = time.monotonic() + patience, memoryview(data)
        while True:
            if self.closed or self.streams[number].over:
                return False
            room = min(self.connection.local_flow_control_window(number), self.connection.max_outbound_frame_size)
            if view and room <= 0:
                if time.monotonic() > stop:
                    return False
                self.pump(0.05)
                continue
            part, view = view[:room], view[room:]
            self.connection.send_data(number, bytes(part), end_stream=end and not view)
            self.flush()
            if not view:
                return True
            self.pump(0)

    def pump(self, timeout):
        """Takes what has come, or waits for something for so long."""
        if self.closed:
            return
        with selectors.DefaultSelector() as selector:
            selector.register(self.plug, selectors.EVENT_READ)
            if not selector.select(timeout):
                return
        try:
            data = self.plug.recv(1 << 18)
        except ConnectionError:
            data = b""
        if not data:
            self.closed = True
            return
        for event in self.connection.receive_data(data):
            self.take(event)
        self.flush()

    def take(self, event):
        stream = self.streams.get(getattr(event, "stream_id", None))
        match event:
            case h2.events.ResponseReceived():
                stream.headers = dict(event.headers)
                stream.status = int(stream.headers[":status"])
            case h2.events.TrailersReceived():
                stream.trailers = dict(event.headers)
            case h2.events.DataReceived():
                stream.data += event.data
                if self.reads:
                    self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case h2.events.StreamEnded():
                stream.ended = True
            case h2.events.StreamReset():
                if stream:
                    stream.reset = event.error_code
            case h2.events.ConnectionTerminated():
                self.goaway = event.error_code
            case h2.events.PingAckReceived():
                self.pings += 1
            case h2.events.SettingsAcknowledged():
                self.settings += 1

    def wait(self, condition, seconds=http1.PATIENCE):
        """Whether the condition comes true in time; no longer if the connection ends."""
        stop = time.monotonic() + seconds
        while not condition():
            left = stop - time.monotonic()
            if left <= 0 or self.closed:
                return condition()
            self.pump(min(left, 0.1))
        return True

    def finish(self, number, seconds=http1.PATIENCE):
        """The stream, at its end or when the time is up."""
        self.wait(lambda: self.streams[number].over, seconds)
        return self.streams[number]

    def close(self):
        self.plug.close()


def reason(code):
    """The name of an error code of HTTP/2."""
    try:
        return h2.errors.ErrorCodes(code).name
    except ValueError:
        return str(code)
