import { describe, expect, it } from '@jest/globals';
import { ipcModeOf } from '../../src/launcher/ipc-mode.js';

describe('ipcModeOf', () => {
  const open = (...fds: number[]) => (fd: number) => fds.includes(fd);

  it('E5 takes the fds that a launcher handed over', () => {
    expect(ipcModeOf({ III_IPC_FDS: '3,4', III_ENGINE_PID: '1' }, open(3, 4))).toBe('mapped');
  });

  it('E5 becomes the launcher when an engine runs it, or when told that stdio speaks the protocol', () => {
    expect(ipcModeOf({ III_ENGINE_PID: '1' }, open())).toBe('launch');
    expect(ipcModeOf({ III_IPC: 'stdio' }, open())).toBe('launch');
  });

  it('does not believe an inherited variable whose fds are not there', () => {
    expect(ipcModeOf({ III_IPC_FDS: '3,4', III_ENGINE_PID: '1' }, open(3))).toBe('launch');
    expect(ipcModeOf({ III_IPC_FDS: '3,4' }, open())).toBe('none');
  });

  it.each(['', '3', '3,4,5', 'a,b', '3,-4'])('does not believe %p', (fds) => {
    expect(ipcModeOf({ III_IPC_FDS: fds }, () => true)).toBe('none');
  });

  it('connects to an engine elsewhere when one is named, unless an engine runs it', () => {
    expect(ipcModeOf({ III_ENGINE_URL: 'tcp://engine' }, open())).toBe('remote');
    expect(ipcModeOf({ III_ENGINE_URL: 'tcp://engine', III_ENGINE_PID: '1' }, open())).toBe('launch');
    expect(ipcModeOf({ III_ENGINE_URL: 'tcp://engine', III_IPC_FDS: '3,4' }, open(3, 4))).toBe('mapped');
    expect(ipcModeOf({ III_ENGINE_URL: '' }, open())).toBe('none');
  });

  it('finds nobody to talk to in an empty environment', () => {
    expect(ipcModeOf({}, open(3, 4))).toBe('none');
  });
});
