import type { Platform } from '@crs/extension-api';
import { Module, type Type } from '@nestjs/common';
import { ClaudeConsolePlatform } from './claude-console/claude-console.platform.js';
import { CodexPlatform } from './codex/codex.platform.js';

/** The one list of upstream families: a new one is a folder beside these and a line here. */
export const PLATFORMS: readonly Type<Platform>[] = [ClaudeConsolePlatform, CodexPlatform];

@Module({ providers: [...PLATFORMS], exports: [...PLATFORMS] })
export class PlatformsModule {}
