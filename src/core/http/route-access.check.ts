import { Injectable, type Type } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ROUTE_ACCESS, type RouteAccess } from '@crs/extension-api';
import type { FastifyContextConfig } from 'fastify';

type Handler = (...args: unknown[]) => unknown;

interface Route {
  readonly name: string;
  readonly handler: Handler;
  readonly access: RouteAccess | undefined;
}

const ROUTE_CONFIG = RouteConfig({}).KEY;

/**
 * Deny by default: every route says who may call it, or nothing starts. What it says is also written to the route's
 * Fastify config, where hooks and body parsers that run before Nest's guards read it.
 */
@Injectable()
export class RouteAccessCheck {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  /**
   * Must run before the routes are registered.
   * @throws Error naming the routes that do not say who may call them.
   */
  declareAll(): void {
    const routes = this.discovery.getControllers().flatMap(({ metatype }) => this.routesOf(metatype as Type));
    const silent = routes.filter((route) => route.access === undefined).map((route) => route.name);
    if (silent.length > 0) {
      throw new Error(
        `These routes do not say who may call them (AdminOnly, ClientOnly or Public): ${silent.join(', ')}`,
      );
    }
    for (const route of routes) declare(route);
  }

  private routesOf(controller: Type): Route[] {
    const prototype = controller.prototype as Record<string, Handler>;
    return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name];
      if (!handler || !Reflect.hasMetadata(METHOD_METADATA, handler)) return [];
      const access = this.reflector.getAllAndOverride<RouteAccess | undefined>(ROUTE_ACCESS, [handler, controller]);
      return [{ name: `${controller.name}.${name}`, handler, access }];
    });
  }
}

function declare({ name, handler, access }: Route): void {
  const config = (Reflect.getMetadata(ROUTE_CONFIG, handler) ?? {}) as FastifyContextConfig;
  if (config.access !== undefined && config.access !== access) {
    throw new Error(`${name} is one function behind routes of different access: ${config.access} and ${access}`);
  }
  Reflect.defineMetadata(ROUTE_CONFIG, { ...config, access }, handler);
}
