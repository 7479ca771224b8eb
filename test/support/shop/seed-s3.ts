import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import type { S3Server } from "../servers/servers.ts";
import { people, type PeopleOptions, type Shopper } from "./people.ts";
import { totalOf } from "./seed-postgres.ts";

/** A client of the tests' own, never the tool's. */
export function s3Client(server: S3Server): S3Client {
  return new S3Client({
    endpoint: server.endpoint,
    region: server.region,
    forcePathStyle: true,
    credentials: server,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

/** Makes the versioned bucket of the shop's exports; everything in it has an older version too. */
export async function seedS3(server: S3Server, Bucket: string, options: PeopleOptions): Promise<void> {
  const client = s3Client(server);
  try {
    await client.send(new CreateBucketCommand({ Bucket }));
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    const put = async (
      Key: string,
      Body: string | Buffer,
      more: { ContentType: string; CacheControl?: string; Metadata?: Record<string, string> },
    ) => await client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));

    const { orders, events, portraits } = exportsOf(options);
    for (const [key, { header, lines }] of [...orders, ...events]) {
      const ContentType = key.endsWith(".csv") ? "text/csv; charset=utf-8" : "application/x-ndjson";
      const more = {
        ContentType,
        CacheControl: "no-store",
        Metadata: { "made-by": "nightly-export", run: key.replaceAll("/", "-") },
      };
      await put(key, header + lines.slice(0, Math.ceil(lines.length / 2)).join(""), more); // last night's
      await put(key, header + lines.join(""), more);
    }
    for (const id of portraits) {
      for (const take of [1, 2])
        await put(`portraits/${id}.png`, Buffer.from(`\u0089PNG portrait of ${id}, take ${take}`, "latin1"), {
          ContentType: "image/png",
        });
    }
    for (const key of ["portraits/042.png", "portraits/42.png.bak", "portraits/42", "old/portraits/42.png"])
      await put(key, "nobody's", { ContentType: "image/png" });
    const last = portraits.at(-1);
    if (last !== undefined && portraits.length > 1)
      await client.send(new DeleteObjectCommand({ Bucket, Key: `portraits/${last}.png` }));
  } finally {
    client.destroy();
  }
}

type Exports = Map<string, { header: string; lines: string[] }>;

function exportsOf(options: PeopleOptions): {
  orders: Exports;
  events: Exports;
  portraits: number[];
} {
  const last = (options.year ?? new Date().getFullYear()) - 1;
  const orders: Exports = new Map();
  const events: Exports = new Map();
  const portraits: number[] = [];
  for (const quarter of [1, 2, 3, 4])
    orders.set(`orders/${last}-q${quarter}.csv`, {
      header: "order,date,customer_email,name,total\r\n",
      lines: [],
    });
  for (const half of [1, 2])
    events.set(`events/${last}-h${half}.jsonl`, {
      header: "",
      lines: [`{"at":"${last}-01-01","customer":{"id":"00042"},"page":"/"}\n`],
    });
  for (const shopper of people(options)) {
    for (const order of shopper.orders.filter(({ on }) => on.startsWith(String(last)))) {
      const quarter = Math.ceil(Number(order.on.slice(5, 7)) / 3);
      const cells = [order.id, order.on, cell(shopper.email, ","), cell(shopper.name, ","), totalOf(order)];
      orders.get(`orders/${last}-q${quarter}.csv`)?.lines.push(`${cells.join(",")}\r\n`);
    }
    events.get(`events/${last}-h${(shopper.id % 2) + 1}.jsonl`)?.lines.push(eventOf(shopper, last));
    if (shopper.portrait) portraits.push(shopper.id);
  }
  return { orders, events, portraits };
}

/** Spaces and a number beyond doubles: a rewritten file keeps every byte of the lines that stay. */
function eventOf(shopper: Shopper, year: number): string {
  const { id, email } = shopper;
  return `{"at":"${year}-06-01", "customer": {"id":${id},"email":${JSON.stringify(email)}},"session":90071992547409931,"page":"/tea"}\n`;
}

export function cell(value: string, delimiter: string): string {
  return value.includes(delimiter) || value.includes('"') ? `"${value.replaceAll('"', '""')}"` : value;
}
