import { Module } from '@nestjs/common';
import { V1IndexBuild } from './v1-index-build.js';
import { V1IndexRepository } from './v1-index.repository.js';

/** What an old v1 did not keep, made good. Needs the store, the time and the platforms from global modules. */
@Module({ providers: [V1IndexBuild, V1IndexRepository] })
export class V1IndexModule {}
