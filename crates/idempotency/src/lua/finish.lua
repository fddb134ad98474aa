-- Writes what came of the work, unless somebody else has the key by now. KEYS: key. ARGV: owner, fingerprint, head, body,
-- lifetime ms.
local owner = redis.call('HGET', KEYS[1], 'owner')
if owner and owner ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'state', 'done', 'owner', ARGV[1], 'fingerprint', ARGV[2], 'head', ARGV[3], 'body', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
