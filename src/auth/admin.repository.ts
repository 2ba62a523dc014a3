import { Inject, Injectable } from '@nestjs/common';
import { keys, STORE_CLIENT, type StoreClient } from '@crs/store';
import type { Admin } from './admin.js';
import { saveAdmin } from './save-admin.script.js';
import { V1AdminFile } from './v1-admin-file.js';

/** What is written about an administrator. */
export interface NewAdmin {
  readonly username: string;
  readonly passwordHash: string;
  readonly epoch: string;
  readonly keptSession: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The epoch of tokens for an administrator that v1 keeps. */
const V1_EPOCH = 'v1';

/** Where the administrator is kept: `v2:admin`, and before it exists what v1 left. */
@Injectable()
export class AdminRepository {
  constructor(
    @Inject(STORE_CLIENT) private readonly store: StoreClient,
    private readonly v1File: V1AdminFile,
  ) {}

  /** The administrator in force: ours, else v1's in the store, else v1's file (v1's own order); null when there is none. */
  async find(): Promise<Admin | null> {
    return (await this.findOurs()) ?? (await this.findInV1Store()) ?? (await this.findInV1File());
  }

  /** Writes the administrator if it is still the one that was read (null: none); false when somebody else was first. */
  save(admin: NewAdmin, seen: Admin | null): Promise<boolean> {
    const expectedHash = seen === null || seen.isV1 ? '' : seen.password.text;
    const record = {
      username: admin.username,
      passwordHash: admin.passwordHash,
      tokenEpoch: admin.epoch,
      keptSession: admin.keptSession ?? '',
      createdAt: admin.createdAt.toISOString(),
      updatedAt: admin.updatedAt.toISOString(),
    };
    return this.store.runScript(saveAdmin, [keys.admin.current], [expectedHash, JSON.stringify(record)]);
  }

  private async findOurs(): Promise<Admin | null> {
    const { username, passwordHash, tokenEpoch, keptSession, createdAt } = await this.store.hgetall(keys.admin.current);
    if (!username || !passwordHash || !tokenEpoch) return null;
    return {
      username,
      password: { kind: 'hash', text: passwordHash },
      epoch: tokenEpoch,
      keptSession: keptSession === '' ? null : (keptSession ?? null),
      createdAt: toDate(createdAt),
      isV1: false,
    };
  }

  private async findInV1Store(): Promise<Admin | null> {
    const { username, passwordHash, createdAt } = await this.store.hgetall(keys.admin.v1Credentials);
    if (!username || !passwordHash) return null;
    return { ...fromV1(username), password: { kind: 'hash', text: passwordHash }, createdAt: toDate(createdAt) };
  }

  private async findInV1File(): Promise<Admin | null> {
    const content = await this.v1File.read();
    if (content === null) return null;
    return { ...fromV1(content.username), password: { kind: 'plain', text: content.password } };
  }
}

function fromV1(username: string): Omit<Admin, 'password'> {
  return { username, epoch: V1_EPOCH, keptSession: null, createdAt: null, isV1: true };
}

function toDate(text: string | undefined): Date | null {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? null : date;
}
