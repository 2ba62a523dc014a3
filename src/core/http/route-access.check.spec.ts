import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { AdminAccess, ClientAccess, Public } from '@crs/extension-api';
import type { FastifyInstance } from 'fastify';
import { type HttpAppOptions, startHttpApp } from '../../../test/support/http-app.js';

/** The config of each route, as hooks see it. */
async function configsOf(options: HttpAppOptions): Promise<Map<string, unknown>> {
  const seen = new Map<string, unknown>();
  const prepare: HttpAppOptions['prepare'] = (app) => {
    const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
    fastify.addHook('onRoute', (route) => {
      seen.set(route.url, route.config);
    });
  };
  const server = await startHttpApp({ ...options, prepare });
  await server.close();
  return seen;
}

describe('RouteAccessCheck', () => {
  it('stops the boot when a route does not say who may call it, naming each', async () => {
    @Controller('a')
    class SilentController {
      @Get()
      list(): string {
        return '';
      }

      @Public()
      @Get('open')
      open(): string {
        return '';
      }

      @Post()
      create(): string {
        return '';
      }

      helper(): string {
        return '';
      }
    }
    await expect(startHttpApp({ controllers: [SilentController] })).rejects.toThrow(
      /SilentController\.list, SilentController\.create$/,
    );
  });

  it('tells hooks the access of each route: its own, else its controller, beside what its config had', async () => {
    @ClientAccess()
    @Controller('mixed')
    class MixedController {
      @RouteConfig({ mine: 1 })
      @Get('a')
      a(): string {
        return '';
      }

      @AdminAccess()
      @Get('b')
      b(): string {
        return '';
      }
    }
    const seen = await configsOf({ controllers: [MixedController] });
    expect(seen.get('/mixed/a')).toMatchObject({ access: 'client', mine: 1 });
    expect(seen.get('/mixed/b')).toMatchObject({ access: 'admin' });
  });

  it('refuses one function behind routes of different access', async () => {
    class Shared {
      @Get('x')
      get(): string {
        return '';
      }
    }
    @AdminAccess()
    @Controller('one')
    class OneController extends Shared {}
    @Public()
    @Controller('two')
    class TwoController extends Shared {}
    await expect(startHttpApp({ controllers: [OneController, TwoController] })).rejects.toThrow(/different access/);
  });
});
