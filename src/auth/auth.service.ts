import { ConflictException, Injectable, UnauthorizedException } from '@nestjs/common';
import { ValidationFailedException } from '../core/http/validation.js';
import { Clock } from '../core/time/clock.js';
import type { Admin, AdminSession } from './admin.js';
import { AdminRepository } from './admin.repository.js';
import { type AdminClaims, AdminTokens, createEpoch, type IssuedToken } from './admin-tokens.js';
import { PasswordHasher, sameText } from './password-hasher.js';

/** Who the administrator is: logging in, recognising a token, changing the password. */
@Injectable()
export class AuthService {
  constructor(
    private readonly admins: AdminRepository,
    private readonly hasher: PasswordHasher,
    private readonly tokens: AdminTokens,
    private readonly clock: Clock,
  ) {}

  /**
   * An administrator of v1 becomes one of ours with the first login: v1's own record lives for a day only.
   *
   * @throws UnauthorizedException without telling which of the two was wrong.
   */
  async login(username: string, password: string): Promise<IssuedToken> {
    const admin = await this.admins.find();
    // The password is verified whatever the name is, so that the time of an answer does not tell whether a name exists.
    const isRight = admin !== null && (await this.hasher.verify(admin.password, password));
    if (!isRight || !sameText(admin.username, username)) {
      throw new UnauthorizedException('The user name or the password is wrong.');
    }
    if (!admin.isV1) return this.tokens.issue(admin);
    const ours = await this.takeOver(admin, password);
    // Somebody else wrote the administrator meanwhile, perhaps with another password.
    return ours === null ? this.login(username, password) : this.tokens.issue(ours);
  }

  private async takeOver(admin: Admin, password: string): Promise<Pick<Admin, 'username' | 'epoch'> | null> {
    const now = new Date(this.clock.now());
    const ours = {
      username: admin.username,
      passwordHash: await this.hasher.hash(password),
      epoch: createEpoch(),
      keptSession: null,
      createdAt: admin.createdAt ?? now,
      updatedAt: now,
    };
    return (await this.admins.save(ours, admin)) ? ours : null;
  }

  /** The login behind a verified token; null when it was ended by a change of the password or of the administrator. */
  async identify(claims: AdminClaims): Promise<AdminSession | null> {
    const admin = await this.admins.find();
    return admin !== null && isAlive(claims, admin) ? { username: admin.username, sessionId: claims.sessionId } : null;
  }

  /**
   * Ends every login but the one that asks.
   *
   * @throws ValidationFailedException when the current password is wrong or is the new one.
   * @throws ConflictException when somebody else changed it at the same time.
   */
  async changePassword(session: AdminSession, currentPassword: string, newPassword: string): Promise<void> {
    const admin = await this.admins.find();
    if (admin === null || !(await this.hasher.verify(admin.password, currentPassword))) {
      throw refused('currentPassword', 'The current password is wrong.');
    }
    if (currentPassword === newPassword) throw refused('newPassword', 'The new password is the current one.');
    const now = new Date(this.clock.now());
    const changed = {
      username: admin.username,
      passwordHash: await this.hasher.hash(newPassword),
      epoch: createEpoch(),
      keptSession: session.sessionId,
      createdAt: admin.createdAt ?? now,
      updatedAt: now,
    };
    if (!(await this.admins.save(changed, admin))) {
      throw new ConflictException('Somebody else changed the password at the same time. Log in again.');
    }
  }
}

function isAlive(claims: AdminClaims, admin: Admin): boolean {
  if (claims.username !== admin.username) return false;
  return claims.epoch === admin.epoch || claims.sessionId === admin.keptSession;
}

function refused(field: string, message: string): ValidationFailedException {
  return new ValidationFailedException([{ field, message }]);
}
