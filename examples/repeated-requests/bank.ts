import { setTimeout as sleep } from 'node:timers/promises';

const charges = new Map<string, { readonly charge: string; readonly amount: number }>();

/** What a payment provider does with a key: the same one is the same charge, should the Step have to run again. */
export async function charge(amount: number, key: string): Promise<{ readonly charge: string; readonly amount: number }> {
  await sleep(200);
  const made = charges.get(key) ?? { charge: `charge-${charges.size + 1}`, amount };
  charges.set(key, made);
  return made;
}
