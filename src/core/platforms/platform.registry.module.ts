import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { PlatformRegistry } from './platform.registry.js';

/** The platforms of this process, whichever module provides them. */
@Global()
@Module({ imports: [DiscoveryModule], providers: [PlatformRegistry], exports: [PlatformRegistry] })
export class PlatformRegistryModule {}
