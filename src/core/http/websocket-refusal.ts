import { HttpException } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const UPGRADE_REQUIRED = 426;
const WEBSOCKET = /(?:^|[\s,])websocket(?:$|[\s,/])/i;

/**
 * Answers the opening of a WebSocket at once, whoever asks and wherever: 426 tells Codex to go on with plain requests.
 * Other upgrades (`h2c`) are offers that HTTP lets a server pass over; such requests are served as if they had none.
 */
export function registerWebSocketRefusal(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!opensWebSocket(request)) {
      done();
      return;
    }
    // HTTP asks that this status names a protocol that is spoken here. What follows on the connection may be frames.
    reply.headers({ connection: 'upgrade, close', upgrade: 'HTTP/1.1' });
    done(new HttpException('There are no WebSockets here. Send the request as a plain HTTP POST.', UPGRADE_REQUIRED));
  });
}

function opensWebSocket({ method, headers: { upgrade } }: FastifyRequest): boolean {
  return method === 'GET' && upgrade !== undefined && WEBSOCKET.test(upgrade);
}
