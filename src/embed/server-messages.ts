/** What a message about servers of a machine may be. */
import type { Field } from "../../workers/kernel/network/http/fields.ts";
import type {
  PreviewFailure,
  PreviewFailureCode,
} from "../../workers/kernel/network/preview/contract.ts";
import {
  EMBED_CODE_CHARACTERS,
  EMBED_TEXT_CHARACTERS,
  HTTP_HEAD_BYTES,
  HTTP_HEAD_FIELDS,
  HTTP_PIECE_BYTES,
  PREVIEW_WINDOW_PIECES,
} from "../../workers/shared/limits.ts";
import { MAX_PORT } from "../../workers/shared/port-number.ts";
import type { FromServers, ToServers } from "./contract.ts";
import {
  bytes,
  either,
  type Is,
  list,
  oneOf,
  optional,
  pair,
  shape,
  text,
  whole,
} from "./shapes.ts";

/** A status has three digits (RFC 9110, section 15). */
const LEAST_STATUS = 100;
const LAST_STATUS = 999;

const id = whole(1);
const anyText = text(HTTP_HEAD_BYTES);
const isFieldList: Is<Field[]> = list(pair(anyText, anyText), HTTP_HEAD_FIELDS);

/** All together no longer than the head of a message may be. */
const fields: Is<Field[]> = (value): value is Field[] =>
  isFieldList(value) &&
  value.reduce((length, [name, content]) => length + name.length + content.length, 0) <=
    HTTP_HEAD_BYTES;

const isPiece = { type: oneOf("piece"), id, bytes: bytes(HTTP_PIECE_BYTES) };
const isEnd = { type: oneOf("end"), id };
const isMore = { type: oneOf("more"), id, pieces: whole(1, PREVIEW_WINDOW_PIECES) };

const isFailure: Is<PreviewFailure> = shape({
  // One that a later version has is for who reads it.
  code: text(EMBED_CODE_CHARACTERS, 1) as Is<string> as Is<PreviewFailureCode>,
  message: text(EMBED_TEXT_CHARACTERS),
});

export const isToServers: Is<ToServers> = either(
  shape({
    type: oneOf("request"),
    id,
    port: whole(1, MAX_PORT),
    method: text(EMBED_CODE_CHARACTERS, 1),
    target: anyText,
    fields,
    length: optional(whole()),
  }),
  shape(isPiece),
  shape(isEnd),
  shape(isMore),
  shape({ type: oneOf("cancel"), id }),
) as Is<unknown> as Is<ToServers>;

export const isFromServers: Is<FromServers> = either(
  shape({ type: oneOf("accepted"), id }),
  shape(isMore),
  shape({
    type: oneOf("head"),
    id,
    status: whole(LEAST_STATUS, LAST_STATUS),
    reason: anyText,
    fields,
    cookies: optional(anyText),
  }),
  shape(isPiece),
  shape(isEnd),
  shape({ type: oneOf("failed"), id, failure: isFailure }),
) as Is<unknown> as Is<FromServers>;
