// quic_server.mjs CERT KEY ALPN — a quiche server on a free UDP port of 127.0.0.1; prints the port as JSON. It asks every
// client to prove its address with a Retry, as it does by default.
import { readFileSync } from 'node:fs';
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import Logger, { LogLevel } from '@matrixai/logger';
import { QUICServer } from '@matrixai/quic';

const [cert, key, alpn] = process.argv.slice(2);
const mac = (secret, data) => createHmac('sha256', Buffer.from(secret)).update(Buffer.from(data)).digest();
const server = new QUICServer({
  crypto: {
    key: new Uint8Array(randomBytes(32)).buffer,
    ops: {
      sign: async (secret, data) => new Uint8Array(mac(secret, data)).buffer,
      verify: async (secret, data, seal) => {
        const own = mac(secret, data);
        return own.length === seal.byteLength && timingSafeEqual(own, Buffer.from(seal));
      },
    },
  },
  config: {
    cert: readFileSync(cert, 'utf8'),
    key: readFileSync(key, 'utf8'),
    verifyPeer: false,
    applicationProtos: [alpn],
    maxIdleTimeout: 5000,
  },
  logger: new Logger('server', LogLevel.SILENT, []),
});
// a client that leaves after the handshake is what we are here for
process.on('uncaughtException', (failure) => console.error(String(failure)));
process.on('unhandledRejection', (failure) => console.error(String(failure)));

await server.start({ host: '127.0.0.1', port: 0 });
console.log(JSON.stringify({ port: server.port }));
