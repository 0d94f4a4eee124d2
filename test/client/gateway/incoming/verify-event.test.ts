// Signatures of events: those that the convention's own library makes are genuine, and nothing else is.

import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { type SignedEvent, verifyEvent } from '../../../../client/gateway/incoming/verify-event.ts';

const now = 1_790_000_000_000;
const key = Buffer.alloc(32, 7);
const secret = `whsec_${key.toString('base64')}`;
const body = '{"type":"batch.completed","data":{"id":"batch_1"}}';

function signEvent(changes: Partial<SignedEvent> = {}, at = now, by = secret): SignedEvent {
  const id = 'msg_1';
  const signature = new Webhook(by).sign(id, new Date(at), body);
  return { id, timestamp: String(Math.floor(at / 1000)), signature, body: Buffer.from(body), ...changes };
}

test('an event that is signed by the secret just now is genuine', () => {
  expect(verifyEvent(signEvent(), [key], now)).toBe('genuine');
});

test('while a secret is being replaced, both are taken, on either side', () => {
  const other = Buffer.alloc(32, 8);
  expect(verifyEvent(signEvent(), [other, key], now)).toBe('genuine');
  const { signature } = signEvent();
  expect(verifyEvent(signEvent({ signature: `v1,${other.toString('base64')} ${signature}` }), [key], now)).toBe(
    'genuine',
  );
});

test.each([
  [-300, 'genuine'],
  [300, 'genuine'],
  [-301, 'stale'],
  [301, 'stale'],
])('an event of %s seconds from now is %s', (seconds, verdict) => {
  expect(verifyEvent(signEvent({}, now + seconds * 1000), [key], now)).toBe(verdict);
});

const { signature } = signEvent();
test.each<[string, Partial<SignedEvent>]>([
  ['another body', { body: Buffer.from(body.replace('batch_1', 'batch_2')) }],
  ['another id', { id: 'msg_2' }],
  ['another time', { timestamp: String(now / 1000 - 1) }],
  ['a time that is not a number', { timestamp: `${now / 1000}.0` }],
  ['no id', { id: undefined }],
  ['no time', { timestamp: undefined }],
  ['no signature', { signature: undefined }],
  ['an empty signature', { signature: 'v1,' }],
  ['a signature of another version', { signature: signature?.replace('v1,', 'v2,') }],
  ['a signature that is cut', { signature: signature?.slice(0, 20) }],
  ['a signature by another secret', signEvent({}, now, `whsec_${Buffer.alloc(32, 9).toString('base64')}`)],
  ['the right signature after too many others', { signature: `${'v1,AAAA '.repeat(10)}${signature}` }],
])('%s is forged', (_, changes) => {
  expect(verifyEvent(signEvent(changes), [key], now)).toBe('forged');
});
