import 'reflect-metadata';
import type { Platform } from '@crs/extension-api';
import { ClaudeConsolePlatform } from '../../src/platforms/claude-console/claude-console.platform.js';
import { CodexPlatform } from '../../src/platforms/codex/codex.platform.js';
import { ThirdPlatform } from '../support/third-platform/third.platform.js';
import { describePlatform, describePlatformSet } from './platform.conformance.js';

const platforms = new Map<string, Platform>([
  ['claude-console', new ClaudeConsolePlatform()],
  ['codex', new CodexPlatform()],
  ['third', new ThirdPlatform()],
]);

describePlatform('third', new ThirdPlatform());
describePlatformSet(platforms, platforms.size);
