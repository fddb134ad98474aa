-- Describes a run, and numbers the part of it that begins now. KEYS: run. ARGV: number of the part or 0 for the next one,
-- lifetime s, then names and values. Returns the number, and for how long the run is kept because somebody asked for it.
-- Numbers are times, so that they go up although nothing is known of the run.
local epoch = tonumber(ARGV[1])
if epoch == 0 then
  local time = redis.call('TIME')
  local last = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0')
  epoch = time[1] * 1000 + math.floor(time[2] / 1000)
  if epoch <= last then
    epoch = last + 1
  end
end
redis.call('HSET', KEYS[1], 'epoch', string.format('%.0f', epoch), unpack(ARGV, 3))
local keep = tonumber(redis.call('HGET', KEYS[1], 'keep') or '0')
redis.call('EXPIRE', KEYS[1], math.max(keep, tonumber(ARGV[2])))
return {epoch, keep}
