import type { SecretRules } from '@motia/engine-core/contract';
import { Verdict, type Redactor } from './redactor.js';
import { isHarmless, redacted } from './secret-names.js';

type Members = Readonly<Record<string, unknown>>;

/** The rules of a redactor, for data that is somebody's own: only what stands under the name of a secret is taken for one, texts stay as they are. */
export class OwnSecretRules implements SecretRules {
  readonly #redactor: Redactor;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  hide(name: string | undefined, value: unknown): unknown {
    return name !== undefined && this.#isSecret(name, value) ? redacted : this.#hideWithin(value);
  }

  holdsHidden(name: string | undefined, value: unknown): boolean {
    if (name !== undefined && value === redacted && this.#isSecret(name, value)) return true;
    if (typeof value !== 'object' || value === null) return false;
    if (Array.isArray(value)) return value.some((item) => this.holdsHidden(undefined, item));
    const hidesNamed = this.#redactor.namesSecret(value as Members);
    return Object.entries(value).some(([key, member]) => (hidesNamed && member === redacted) || this.holdsHidden(key, member));
  }

  text(text: string): string {
    return this.#redactor.text(text);
  }

  #isSecret(name: string, value: unknown): boolean {
    return value !== null && value !== undefined && this.#redactor.verdictOf(name) === Verdict.Secret && !isHarmless(name, value);
  }

  #hideWithin(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      const items = value.map((item) => this.#hideWithin(item));
      return items.some((item, index) => item !== value[index]) ? items : value;
    }
    const hidesNamed = this.#redactor.namesSecret(value as Members);
    const entries = Object.entries(value as Members);
    const shown = entries.map(([name, member]): [string, unknown] => [name, hidesNamed && member !== null && this.#redactor.verdictOf(name) === Verdict.Named ? redacted : this.hide(name, member)]);
    return shown.some(([, member], index) => member !== entries[index]?.[1]) ? Object.fromEntries(shown) : value;
  }
}
