import { describe, expect, it } from '@jest/globals';
import { negotiate, PROTOCOL_VERSION } from '../src/index.js';

const ours = { protocolVersion: '1.4', capabilities: { rawBodies: true, channels: true } };

describe('negotiation', () => {
  it('agrees on the lower minor of the same major', () => {
    expect(negotiate({ protocolVersion: '1.2' }, ours).protocolVersion).toBe('1.2');
    expect(negotiate({ protocolVersion: '1.10' }, ours).protocolVersion).toBe('1.4');
    expect(negotiate({ protocolVersion: PROTOCOL_VERSION }, { capabilities: {} }).protocolVersion).toBe(PROTOCOL_VERSION);
  });

  it('agrees on what both sides can do', () => {
    expect(negotiate({ protocolVersion: '1.4', capabilities: { rawBodies: true } }, ours).capabilities).toEqual({ rawBodies: true, channels: false, telemetry: false });
    expect(negotiate({ protocolVersion: '1.4' }, ours).capabilities).toEqual({ rawBodies: false, channels: false, telemetry: false });
  });

  it.each(['2.0', '0.9', '1', 'one', '', '1.2.3', undefined, 1.4])('refuses the version %j and names both', (theirs) => {
    const params = { protocolVersion: theirs as string };
    expect(() => negotiate(params, ours)).toThrow(/speaks protocol (.+), this side speaks 1\.4/);
    try {
      negotiate(params, ours);
    } catch (error) {
      expect(error).toMatchObject({ code: 'MOTIA_PROTOCOL_VERSION_UNSUPPORTED', details: { ours: '1.4', theirs: typeof theirs === 'string' && theirs !== '' ? theirs : 'an unnamed version' } });
    }
  });
});
