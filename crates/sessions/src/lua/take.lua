-- Reads and deletes in one step (GETDEL needs 6.2). KEYS: token.
local payload = redis.call('GET', KEYS[1])
if payload then
  redis.call('DEL', KEYS[1])
end
return payload
