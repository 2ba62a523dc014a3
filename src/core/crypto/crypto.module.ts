import { Global, Module } from '@nestjs/common';
import { KeyHash } from './key-hash.js';
import { SecretBox } from './secret-box.js';

/** v1's formats of what is kept secret. */
@Global()
@Module({ providers: [KeyHash, SecretBox], exports: [KeyHash, SecretBox] })
export class CryptoModule {}
