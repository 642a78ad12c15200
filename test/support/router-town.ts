import { randomUUID } from 'node:crypto';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { directoryEvents, district, meshEvent, partyPut, personPut } from './router-events.js';
import type { RouterMesh } from './router-mesh.js';

export const [jcp, trt] = ['jcp_wandsworth', 'trt_acme'] as const;

/** Two job centres, one of them with a manager, and two providers. */
export function publishTown(mesh: RouterMesh): void {
  mesh.publish(directoryEvents([jcp, 'jcp_leeds', trt, 'trt_beacon']));
  const { case: _case, ...office } = meshEvent('directory.party-put', {
    sender: 'svc_ops',
    to: 'mesh',
    directory: partyPut(jcp, { manager: 'p_jcp_manager', district }),
  });
  const { case: _none, ...manager } = meshEvent('directory.person-put', {
    sender: 'svc_ops',
    to: 'mesh',
    directory: personPut('p_jcp_manager', jcp, 'manager'),
  });
  mesh.publish([office, manager]);
}

/** Events of a case of its own. */
export function newCase() {
  const id = randomUUID();
  const event = (...[name, changes]: Parameters<typeof meshEvent>): MeshEvent =>
    meshEvent(name, { case: id, ...changes });
  const reminder = (kind: string, cause: string): MeshEvent => {
    const {
      case: _case,
      actor: _actor,
      ...due
    } = meshEvent('reminder.due', { sender: 'svc_reminders', to: 'mesh', cause });
    return { ...due, facts: { kind, dueOn: '2026-03-10', occurrence: 1 } };
  };
  return { id, event, reminder };
}
