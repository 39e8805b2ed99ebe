/** Why this browser, or this page in it, cannot run a program: the guest's own program runs instead. */
export class Obstacle extends Error {
  override readonly name = "Obstacle";
}
