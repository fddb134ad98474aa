-- Gives a claim back. KEYS: key. ARGV: owner.
local found = redis.call('HMGET', KEYS[1], 'state', 'owner')
if found[1] == 'running' and found[2] == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
