import { Module } from '@nestjs/common';
import { ThirdPlatform } from './third.platform.js';

/** As an extension brings its platform; inside the application it would be one entry of the list of platforms. */
@Module({ providers: [ThirdPlatform] })
export class ThirdPlatformModule {}
