// A small HTTP/1.1 message reader over a raw socket, used by both ends of the tests: the faulty upstream reads requests
// with it, the raw client reads responses. It reports what came over the wire (ordered raw headers, framing, bytes,
// whether the end of the message was really there) instead of smoothing it over as an HTTP library does.

/** One message as received. `complete` is false until the framing said that the body has ended. */
export class Message {
  constructor(startLine, headers) {
    this.startLine = startLine;
    /** Ordered [name, value] pairs as they were spelled. */
    this.headers = headers;
    this.body = Buffer.alloc(0);
    this.trailers = [];
    this.complete = false;
  }

  /** All values of a header, joined by ", "; undefined when it is absent. */
  header(name) {
    const values = this.headers.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
    return values.length ? values.join(', ') : undefined;
  }

  get headerNames() {
    return this.headers.map(([name]) => name.toLowerCase());
  }

  /** Status of a response. */
  get status() {
    return Number(this.startLine.split(' ')[1]);
  }

  get text() {
    return this.body.toString('utf8');
  }

  json() {
    return JSON.parse(this.text);
  }
}

function parseHead(text) {
  const [startLine, ...lines] = text.split('\r\n');
  return new Message(
    startLine,
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
}

/**
 * Buffers a socket's bytes and lets one reader at a time wait for some. Nothing is lost between messages, so pipelined
 * and kept-alive messages are read one after the other.
 */
export class Http1Reader {
  #buffer = Buffer.alloc(0);
  #ended = false;
  #wake = () => {};

  constructor(socket) {
    socket.on('data', (bytes) => {
      this.#buffer = this.#buffer.length ? Buffer.concat([this.#buffer, bytes]) : bytes;
      this.#wake();
    });
    const end = () => {
      this.#ended = true;
      this.#wake();
    };
    socket.on('end', end);
    socket.on('close', end);
  }

  get ended() {
    return this.#ended;
  }

  async #more() {
    if (this.#ended) return false;
    await new Promise((resolve) => (this.#wake = resolve));
    return true;
  }

  /** Takes all bytes up to and including `mark`; undefined when the peer ended first. */
  async #until(mark) {
    for (;;) {
      const at = this.#buffer.indexOf(mark);
      if (at >= 0) return this.#take(at + mark.length);
      if (!(await this.#more())) return undefined;
    }
  }

  #take(size) {
    const bytes = this.#buffer.subarray(0, size);
    this.#buffer = this.#buffer.subarray(size);
    return bytes;
  }

  /** The head of the next message, or undefined when the peer ended before its first complete head. */
  async head() {
    const bytes = await this.#until('\r\n\r\n');
    return bytes && parseHead(bytes.toString('latin1').slice(0, -4));
  }

  /**
   * Reads the body that belongs to `message` into it. `onBytes` sees each piece as it comes. A response without length
   * or chunks runs until the peer closes; a request without them has no body.
   */
  async body(message, { isResponse, onBytes = () => {} }) {
    const pieces = [];
    let size = 0;
    const add = (bytes) => {
      pieces.push(Buffer.from(bytes));
      size += bytes.length;
      onBytes(bytes);
    };
    const exactly = async (length) => {
      for (let left = length; left > 0; ) {
        if (this.#buffer.length === 0 && !(await this.#more())) return false;
        const bytes = this.#take(Math.min(left, this.#buffer.length));
        left -= bytes.length;
        if (bytes.length) add(bytes);
      }
      return true;
    };
    const coding = (message.header('transfer-encoding') ?? '').toLowerCase();
    const length = message.header('content-length');
    if (isResponse && (message.status === 204 || message.status === 304)) {
      message.complete = true;
    } else if (coding.includes('chunked')) {
      message.framing = 'chunked';
      message.complete = await this.#chunks(message, exactly);
    } else if (length !== undefined) {
      message.framing = 'length';
      message.complete = await exactly(Number(length));
    } else if (isResponse) {
      message.framing = 'close';
      while (this.#buffer.length || (await this.#more())) {
        if (this.#buffer.length) add(this.#take(this.#buffer.length));
      }
      message.complete = true;
    } else {
      message.complete = true;
    }
    message.body = Buffer.concat(pieces, size);
    return message;
  }

  async #chunks(message, exactly) {
    for (;;) {
      const line = await this.#until('\r\n');
      if (!line) return false;
      const size = parseInt(line.toString('latin1'), 16);
      if (Number.isNaN(size)) throw new Error(`bad chunk size line ${JSON.stringify(line.toString('latin1'))}`);
      if (size === 0) break;
      if (!(await exactly(size)) || !(await this.#until('\r\n'))) return false;
    }
    for (;;) {
      const line = await this.#until('\r\n');
      if (!line) return false;
      if (line.length === 2) return true;
      message.trailers.push(line.toString('latin1').trim());
    }
  }
}

/** Status line and headers as bytes; `headers` is an object or a list of pairs. */
export function headBytes(startLine, headers) {
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  return Buffer.from([startLine, ...pairs.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n'), 'latin1');
}
