import { EnvChoice, EnvFlag, EnvInteger, EnvList, EnvSecret, EnvText } from './env-variable.js';
import { MAX_TIMER_MS } from './relay-env.dto.js';

/** Logins through a directory service. */
export class LdapEnv {
  @EnvFlag(false)
  readonly LDAP_ENABLED!: boolean;

  @EnvText({
    default: 'ldap://localhost:389',
    accepts: (text) => /^ldaps?:\/\/\S+$/.test(text),
    allowed: '`ldap://` or `ldaps://`',
  })
  readonly LDAP_URL!: string;

  @EnvText({ default: 'cn=admin,dc=example,dc=com' })
  readonly LDAP_BIND_DN!: string;

  @EnvSecret()
  readonly LDAP_BIND_PASSWORD!: string | null;

  @EnvText({ default: 'dc=example,dc=com' })
  readonly LDAP_SEARCH_BASE!: string;

  @EnvText({
    default: '(uid={{username}})',
    accepts: (text) => text.includes('{{username}}'),
    allowed: 'a filter with `{{username}}`',
  })
  readonly LDAP_SEARCH_FILTER!: string;

  @EnvList({ default: 'dn,uid,cn,mail,givenName,sn' })
  readonly LDAP_SEARCH_ATTRIBUTES!: readonly string[];

  @EnvInteger({ default: 5000, min: 1, max: MAX_TIMER_MS, zeroIsDefault: true, hint: 'ms' })
  readonly LDAP_TIMEOUT!: number;

  @EnvInteger({ default: 10_000, min: 1, max: MAX_TIMER_MS, zeroIsDefault: true, hint: 'ms' })
  readonly LDAP_CONNECT_TIMEOUT!: number;

  @EnvFlag(true)
  readonly LDAP_TLS_REJECT_UNAUTHORIZED!: boolean;

  @EnvText()
  readonly LDAP_TLS_CA_FILE!: string | null;

  @EnvText()
  readonly LDAP_TLS_CERT_FILE!: string | null;

  @EnvText()
  readonly LDAP_TLS_KEY_FILE!: string | null;

  @EnvText()
  readonly LDAP_TLS_SERVERNAME!: string | null;

  @EnvText({ default: 'uid' })
  readonly LDAP_USER_ATTR_USERNAME!: string;

  @EnvText({ default: 'cn' })
  readonly LDAP_USER_ATTR_DISPLAY_NAME!: string;

  @EnvText({ default: 'mail' })
  readonly LDAP_USER_ATTR_EMAIL!: string;

  @EnvText({ default: 'givenName' })
  readonly LDAP_USER_ATTR_FIRST_NAME!: string;

  @EnvText({ default: 'sn' })
  readonly LDAP_USER_ATTR_LAST_NAME!: string;
}

/** The portal of users. */
export class UsersEnv {
  @EnvFlag(false)
  readonly USER_MANAGEMENT_ENABLED!: boolean;

  @EnvChoice(['user', 'admin'], 'user')
  readonly DEFAULT_USER_ROLE!: string;

  @EnvInteger({ default: 86_400_000, min: 1000, max: 315_360_000_000, zeroIsDefault: true, hint: 'ms' })
  readonly USER_SESSION_TIMEOUT!: number;

  @EnvInteger({ default: 1, min: 1, max: 1000, zeroIsDefault: true })
  readonly MAX_API_KEYS_PER_USER!: number;

  @EnvFlag(false)
  readonly ALLOW_USER_DELETE_API_KEYS!: boolean;
}
