import { createServer, OutgoingMessage, ServerResponse, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it, jest } from '@jest/globals';
import { endResponse } from '../src/end-response.js';

type Answerer = (request: IncomingMessage, response: ServerResponse, end: (response: ServerResponse, body: string) => void) => void;
type Ending = (response: ServerResponse, body: string) => void;

const joined: Ending = (response, body) => endResponse(response, body, Buffer.byteLength(body) === body.length);
const plain: Ending = (response, body) => void response.end(body);
const head = (response: ServerResponse, body: string, status = 200): void => void response.writeHead(status, ['content-type', 'text/plain', 'content-length', String(Buffer.byteLength(body))]);

/** What a client sees that writes `text` and reads until the connection closes. */
async function seen(answer: Answerer, end: Ending, text: string): Promise<string> {
  const server = createServer((request, response) => {
    response.sendDate = false;
    answer(request, response, end);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1', () => void socket.write(text));
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', reject).on('close', () => resolve());
  });
  await new Promise((resolve) => server.close(resolve));
  return Buffer.concat(chunks).toString('latin1');
}

const last = 'GET /last HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n';
const small = '{"message":"hello"}';
const simple: Answerer = (_request, response, end) => {
  head(response, small);
  end(response, small);
};

describe('a short response in one write', () => {
  it.each<[string, string, Answerer]>([
    ['on a connection that stays open', `GET / HTTP/1.1\r\nhost: a\r\n\r\n${last}`, simple],
    ['of HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', simple],
    ['of HTTP/1.0 that stays open', `GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n${last}`, simple],
    ['to HEAD', `HEAD / HTTP/1.1\r\nhost: a\r\n\r\n${last}`, simple],
    ['to HEAD that middleware calls GET', `HEAD / HTTP/1.1\r\nhost: a\r\n\r\n${last}`, (request, response, end) => {
      request.method = 'GET';
      simple(request, response, end);
    }],
    ...[204, 304].map((status): [string, string, Answerer] => [`with ${status}`, `GET / HTTP/1.1\r\nhost: a\r\n\r\n${last}`, (_request, response, end) => {
      response.writeHead(status);
      end(response, small);
    }]),
    ['after 100 Continue', `POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\nhi${last}`, simple],
    ['in chunks, where somebody wants it so', `GET / HTTP/1.1\r\nhost: a\r\n\r\n${last}`, (_request, response, end) => {
      response.setHeader('transfer-encoding', 'chunked');
      response.writeHead(200);
      end(response, small);
    }],
    ['that is empty', `GET / HTTP/1.1\r\nhost: a\r\n\r\n${last}`, (_request, response, end) => {
      head(response, '');
      end(response, '');
    }],
    ['whose head went ahead', `GET / HTTP/1.1\r\nhost: a\r\n\r\n${last}`, (_request, response, end) => {
      head(response, small);
      response.flushHeaders();
      end(response, small);
    }],
    ['that was begun', `GET / HTTP/1.1\r\nhost: a\r\n\r\n${last}`, (_request, response, end) => {
      head(response, small);
      response.write(small.slice(0, 4));
      end(response, small.slice(4));
    }],
    ['that is held back', `GET / HTTP/1.1\r\nhost: a\r\n\r\n${last}`, (_request, response, end) => {
      response.cork();
      simple(_request, response, end);
    }],
    ['beyond ASCII', `GET / HTTP/1.1\r\nhost: a\r\n\r\n${last}`, (_request, response, end) => {
      head(response, 'ö€');
      end(response, 'ö€');
    }],
    ['whose bytes Node counts', `GET / HTTP/1.1\r\nhost: a\r\n\r\n${last}`, (request, response, end) => {
      response.strictContentLength = true;
      simple(request, response, end);
    }],
    ['that sends trailers', `GET / HTTP/1.1\r\nhost: a\r\n\r\n${last}`, (_request, response, end) => {
      response.writeHead(200, { trailer: 'x-sum', 'transfer-encoding': 'chunked' });
      response.addTrailers({ 'x-sum': '1' });
      end(response, small);
    }],
  ])('is byte for byte what Node sends: %s', async (_name, text, answer) => {
    const bytes = await seen(answer, joined, text);
    expect(bytes).toBe(await seen(answer, plain, text));
    expect(bytes).toMatch(/^HTTP\/1\.1 /);
  });

  it('waits its turn behind earlier responses of its connection', async () => {
    const text = ['/a', '/b', '/c'].map((path) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`).join('') + last;
    const answerAll = (end: Ending): Promise<string> => {
      const open: (() => void)[] = [];
      return seen((request, response) => {
        open.unshift(() => {
          const body = `this is ${request.url}`;
          head(response, body);
          end(response, body);
        });
        // The last one is answered first.
        if (request.url === '/last') for (const one of open) one();
      }, end, text);
    };
    const bytes = await answerAll(joined);
    expect(bytes).toBe(await answerAll(plain));
    expect(bytes.match(/this is \S+?(?=HTTP|$)/g)).toEqual(['this is /a', 'this is /b', 'this is /c', 'this is /last']);
  });

  it('tells its end as any response does, and its head is only the head', async () => {
    const story = async (end: Ending): Promise<readonly unknown[]> => {
      const events: unknown[] = [];
      await seen((request, response, ending) => {
        for (const name of ['prefinish', 'finish', 'close']) response.on(name, () => events.push([name, response.writableEnded, response.writableFinished, response.headersSent, (response as unknown as { _header: string })._header.endsWith('\r\n\r\n')]));
        simple(request, response, ending);
        events.push(['returned', response.writableEnded, response.headersSent, response.statusCode]);
      }, end, last);
      return events;
    };
    const events = await story(joined);
    expect(events.map((event) => (event as unknown[])[0])).toEqual(['prefinish', 'returned', 'finish', 'close']);
    // While it ends nobody but listeners of 'prefinish' could see the longer head.
    expect(events.slice(1)).toEqual((await story(plain)).slice(1));
  });

  it.each(['ascii', 'bödy €'])('has the same bytes in its headers whatever its body is: %s', async (body) => {
    const bytes = await seen((_request, response, end) => {
      response.writeHead(200, ['x-name', 'Zoë', 'content-length', String(Buffer.byteLength(body))]);
      end(response, body);
    }, joined, last);
    expect(bytes).toContain('\r\nx-name: Zoë\r\n');
    expect(Buffer.from(bytes.slice(bytes.indexOf('\r\n\r\n') + 4), 'latin1').toString()).toBe(body);
  });

  it('is one write', async () => {
    const sizes: number[] = [];
    const bytes = await seen((request, response, end) => {
      const { socket } = response;
      if (socket === null) return;
      const { write } = socket;
      socket.write = ((...args: [string]) => {
        sizes.push(args[0].length);
        return write.apply(socket, args);
      });
      simple(request, response, end);
    }, joined, last);
    expect(sizes).toEqual([bytes.length]);
  });

  type End = (this: ServerResponse, chunk?: unknown) => ServerResponse;
  it.each<[string, (response: ServerResponse, tell: (chunk: unknown) => void) => void]>([
    ['end of the response', (response, tell) => {
      const end = response.end as End;
      response.end = function (this: ServerResponse, chunk: unknown) {
        tell(chunk);
        return end.call(this, chunk);
      } as typeof response.end;
    }],
    ['write of the response', (response, tell) => {
      const write = response.write as (this: ServerResponse, chunk: unknown) => boolean;
      response.write = function (this: ServerResponse, chunk: unknown) {
        tell(chunk);
        return write.call(this, chunk);
      } as typeof response.write;
      const end = response.end as End;
      response.end = function (this: ServerResponse, chunk: unknown) {
        this.write(chunk);
        return end.call(this);
      } as typeof response.end;
    }],
    ['end of a class of responses', (response, tell) => {
      const prototype = Object.create(ServerResponse.prototype) as ServerResponse;
      const end = ServerResponse.prototype.end as End;
      prototype.end = function (this: ServerResponse, chunk: unknown) {
        tell(chunk);
        return end.call(this, chunk);
      } as typeof prototype.end;
      Object.setPrototypeOf(response, prototype);
    }],
  ])('gives the body to whoever has put something in the place of %s', async (_name, wrap) => {
    const told: unknown[] = [];
    const bytes = await seen((request, response, end) => {
      wrap(response, (chunk) => told.push(chunk));
      simple(request, response, end);
    }, joined, last);
    expect(told).toEqual([small]);
    expect(bytes.endsWith(`\r\n\r\n${small}`)).toBe(true);
  });

  it.each([['ServerResponse', ServerResponse.prototype], ['OutgoingMessage', OutgoingMessage.prototype]])('gives the body to an agent that has patched end of all: %s', async (_name, prototype) => {
    const told: unknown[] = [];
    const end = prototype.end as End;
    const spy = jest.spyOn(prototype, 'end').mockImplementation(function (this: ServerResponse, chunk: unknown) {
      told.push(chunk);
      return end.call(this, chunk);
    } as never);
    await seen(simple, joined, last);
    spy.mockRestore();
    expect(told).toEqual([small]);
  });

  it('is said to nobody when the client has gone', async () => {
    const errors: unknown[] = [];
    await seen((_request, response, end) => {
      response.on('error', (error) => errors.push(error));
      response.on('close', () => {
        head(response, small);
        end(response, small);
      });
      response.destroy();
    }, joined, last);
    expect(errors).toEqual([]);
  });
});
