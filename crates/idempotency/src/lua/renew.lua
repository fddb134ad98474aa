-- Renews a claim. KEYS: key. ARGV: owner, lease ms.
local found = redis.call('HMGET', KEYS[1], 'state', 'owner')
if found[1] == 'running' and found[2] == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
