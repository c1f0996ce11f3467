// recorder.mjs — a proxy between a client and the simulator that keeps what was said, as it was on the wire.
import http from 'node:http';

/** One request and its answer: {method, path, query, headers, body, status, answer, atMs}. */
export class Recorder {
  exchanges = [];
  #server;
  #target;
  #agent = new http.Agent({ keepAlive: true });

  constructor(target) {
    this.#target = new URL(target);
  }

  async start() {
    this.#server = http.createServer((request, response) => this.#carry(request, response));
    await new Promise((done) => this.#server.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  stop() {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** The exchanges whose method and path fit: find('POST', '/stop'), find('GET', /poll$/). */
  find(method, path) {
    return this.exchanges.filter(
      (x) => x.method === method && (path instanceof RegExp ? path.test(x.path) : x.path.endsWith(path)),
    );
  }

  /** "POST …/heartbeat": what was asked, in order, without ids. */
  steps() {
    return this.exchanges.map((x) => `${x.method} ${x.path.replace(/_[0-9A-Za-z]{8,}/g, '')}`);
  }

  #carry(request, response) {
    const url = new URL(request.url, 'http://recorder');
    const seen = {
      method: request.method,
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: '',
      status: 0,
      answer: '',
      answerHeaders: {},
      atMs: Date.now(),
    };
    this.exchanges.push(seen);
    const onward = http.request(
      {
        agent: this.#agent,
        host: this.#target.hostname,
        port: this.#target.port,
        method: request.method,
        path: request.url,
        headers: { ...request.headers, host: this.#target.host },
      },
      (answer) => {
        seen.status = answer.statusCode;
        seen.answerHeaders = answer.headers;
        response.writeHead(answer.statusCode, answer.headers);
        response.flushHeaders();
        answer.on('data', (piece) => (seen.answer += piece));
        answer.on('error', () => response.destroy());
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.on('data', (piece) => (seen.body += piece));
    request.pipe(onward);
  }
}
