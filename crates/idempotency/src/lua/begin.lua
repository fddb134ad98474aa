-- Takes a key, or says what is known of it. KEYS: key. ARGV: owner, fingerprint or '', lease ms.
local found = redis.call('HMGET', KEYS[1], 'state', 'fingerprint', 'head', 'body')
if not found[1] then
  redis.call('HSET', KEYS[1], 'state', 'running', 'owner', ARGV[1], 'fingerprint', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return {'mine'}
end
if found[1] == 'running' then
  return {'running', found[2]}
end
return {'done', found[2], found[3], found[4]}
