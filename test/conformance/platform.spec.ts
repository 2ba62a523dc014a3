import 'reflect-metadata';
import { type Platform, PlatformAdapter } from '@crs/extension-api';
import { Reflector } from '@nestjs/core';
import { PLATFORMS } from '../../src/platforms/platforms.module.js';
import { describePlatform, describePlatformSet } from './platform.conformance.js';

const reflector = new Reflector();
const platforms = new Map<string, Platform>(
  PLATFORMS.map((type) => [reflector.get<{ name: string }>(PlatformAdapter.KEY, type).name, new type()]),
);

for (const [name, platform] of platforms) describePlatform(name, platform);
describePlatformSet(platforms, PLATFORMS.length);
